#pragma once

#include <QObject>
#include <QPalette>
#include <memory>

#include "app/command_line.h"
#include "app/settings.h"
#include "ui/theme.h"

namespace ui {
class ConversationModel;
class MainWindow;
}  // namespace ui

namespace app {

class ChatController;
class Comparison;
class ComparisonController;
class EngineWorker;
class SpeechController;
class TranscriptWindows;

// Makes every object of the program and connects them.
class Application : public QObject {
    Q_OBJECT

public:
    explicit Application(Options options);
    ~Application() override;

    void start();

private:
    void setAppearance(ui::Appearance appearance);
    void rememberModel(const QString& path);
    void makeComparison();

    Options m_options;
    QString m_embeddedModel;
    QPalette m_systemPalette;
    Settings m_settings;
    // In the order of construction: the assistant goes first and takes its thread along.
    std::unique_ptr<ui::ConversationModel> m_conversation;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<Comparison> m_comparison;
    std::unique_ptr<ComparisonController> m_comparisonController;
    std::unique_ptr<EngineWorker> m_assistant;
    std::unique_ptr<ChatController> m_controller;
    std::unique_ptr<SpeechController> m_speech;
    std::unique_ptr<TranscriptWindows> m_transcripts;
};

}  // namespace app
