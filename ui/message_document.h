#pragma once

#include <QTextDocument>

#include "ui/theme.h"

namespace ui {

enum class TextKind { Plain, Markdown };

// A piece of a message, set in type. Loads nothing: no picture of a web page, no local file, so
// that showing an answer sends no packet and reads no disk. HTML is shown as it is written.
class MessageDocument : public QTextDocument {
    Q_OBJECT

public:
    MessageDocument(const QFont& font, const Theme& theme);

    void setContent(const QString& text, TextKind kind);

protected:
    QVariant loadResource(int type, const QUrl& name) override;

private:
    void replacePictures();
    void polishBlocks();
    void polishTables();

    Theme m_theme;
};

}  // namespace ui
