#include "ui/message_document.h"

#include <QFontDatabase>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextFragment>
#include <QTextList>
#include <QTextTable>
#include <algorithm>

namespace ui {

namespace {

constexpr qreal kLineHeightPercent = 118;
constexpr qreal kListIndent = 22;

bool isCode(const QTextBlock& block)
{
    const QTextBlockFormat format = block.blockFormat();
    return format.hasProperty(QTextFormat::BlockCodeFence) ||
           format.hasProperty(QTextFormat::BlockCodeLanguage);
}

}  // namespace

MessageDocument::MessageDocument(const QFont& font, const Theme& theme) : m_theme(theme)
{
    setUndoRedoEnabled(false);
    setDocumentMargin(0);
    setIndentWidth(kListIndent);
    setDefaultFont(font);
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setDefaultTextOption(option);
}

void MessageDocument::setContent(const QString& text, TextKind kind)
{
    if (kind == TextKind::Plain) {
        setPlainText(text);
        return;
    }
    setMarkdown(text, MarkdownFeatures(MarkdownDialectGitHub) | MarkdownNoHTML);
    replacePictures();
    polishBlocks();
    polishTables();
}

QVariant MessageDocument::loadResource(int /*type*/, const QUrl& /*name*/)
{
    return {};
}

// A picture that is not loaded is told by its words; without any, Qt has already left it out.
void MessageDocument::replacePictures()
{
    QTextCursor cursor = find(QString(QChar::ObjectReplacementCharacter));
    while (!cursor.isNull()) {
        const QTextImageFormat picture = cursor.charFormat().toImageFormat();
        const QString words = picture.stringProperty(QTextFormat::ImageAltText);
        cursor.insertText(tr("[picture: %1]").arg(words), QTextCharFormat());
        cursor = find(QString(QChar::ObjectReplacementCharacter), cursor);
    }
}

void MessageDocument::polishBlocks()
{
    const QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    QTextCursor cursor(this);
    for (QTextBlock block = begin(); block.isValid(); block = block.next()) {
        const bool code = isCode(block);
        const bool codeContinues = code && block.next().isValid() && isCode(block.next());
        QTextBlockFormat format = block.blockFormat();
        format.setTopMargin(0);
        const bool listContinues = block.textList() && block.next().textList();
        format.setBottomMargin(!block.next().isValid() || codeContinues ? 0
                               : listContinues                          ? kSpaceSmall
                                                                        : kSpace);
        format.setLineHeight(code ? 100 : kLineHeightPercent, QTextBlockFormat::ProportionalHeight);
        if (code)
            format.setBackground(m_theme.field);
        cursor.setPosition(block.position());
        cursor.setBlockFormat(format);

        std::vector<QTextFragment> fragments;
        for (auto it = block.begin(); !it.atEnd(); ++it)
            fragments.push_back(it.fragment());
        for (const QTextFragment& fragment : fragments) {
            const QTextCharFormat old = fragment.charFormat();
            QTextCharFormat change;
            if (old.isAnchor())
                change.setForeground(m_theme.link);
            if (code || old.fontFixedPitch()) {
                change.setFontFamilies(fixed.families());
                change.setBackground(m_theme.field);
            }
            if (const int step = old.intProperty(QTextFormat::FontSizeAdjustment); step > 0)
                change.setProperty(QTextFormat::FontSizeAdjustment, std::min(step, 2) - 1);
            if (change.isEmpty())
                continue;
            cursor.setPosition(fragment.position());
            cursor.setPosition(fragment.position() + fragment.length(), QTextCursor::KeepAnchor);
            cursor.mergeCharFormat(change);
        }
    }
}

void MessageDocument::polishTables()
{
    for (QTextFrame* frame : rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        if (!table)
            continue;
        QTextTableFormat format = table->format();
        format.setBorderCollapse(true);
        format.setBorder(1);
        format.setBorderBrush(m_theme.border);
        format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
        format.setCellPadding(kSpaceSmall);
        format.setCellSpacing(0);
        table->setFormat(format);
    }
}

}  // namespace ui
