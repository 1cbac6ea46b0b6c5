#pragma once

#include <QScrollArea>

class QLabel;
class QVBoxLayout;

namespace ui {

class Button;

// What an empty conversation shows: what the open model can do, in honest words, and a few things
// to ask it.
class WelcomePage : public QScrollArea {
    Q_OBJECT

public:
    explicit WelcomePage(QWidget* parent = nullptr);

    void showText(const QString& text, const QStringList& examples, bool offersGemma);

    // Examples can be sent only when a model is ready.
    void setExamplesEnabled(bool enabled);

signals:
    void exampleChosen(const QString& text);
    void openModelRequested();

private:
    QLabel* m_text;
    QWidget* m_examples;
    QVBoxLayout* m_exampleColumn;
    QWidget* m_offer;
    Button* m_open;
};

}  // namespace ui
