#include "ui/composer.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextDocument>
#include <algorithm>

#include "ui/button.h"
#include "ui/given_data.h"
#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kMostLines = 8;

}  // namespace

MessageField::MessageField(QWidget* parent) : QPlainTextEdit(parent)
{
    setObjectName("messageField");
    setAccessibleName(tr("Message"));
    setAccessibleDescription(tr("Enter sends, Shift and Enter break the line."));
    setPlaceholderText(tr("Write a message"));
    setFont(readingFont());
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    verticalScrollBar()->setAccessibleName(tr("Scroll the message"));
    horizontalScrollBar()->setAccessibleName(tr("Scroll the message sideways"));
    viewport()->setAutoFillBackground(false);  // the frame around it is painted by Composer
    connect(this, &QPlainTextEdit::textChanged, this, &MessageField::fitHeight);
    fitHeight();
}

void MessageField::keyPressEvent(QKeyEvent* event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && !(event->modifiers() & (Qt::ShiftModifier | Qt::AltModifier))) {
        emit enterPressed();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

void MessageField::resizeEvent(QResizeEvent* event)
{
    QPlainTextEdit::resizeEvent(event);
    fitHeight();
}

void MessageField::changeEvent(QEvent* event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitHeight();
}

bool MessageField::canInsertFromMimeData(const QMimeData* source) const
{
    return QPlainTextEdit::canInsertFromMimeData(source) || !modelIn(*source).isEmpty() ||
           holdsMedia(*source);
}

void MessageField::insertFromMimeData(const QMimeData* source)
{
    if (isText(*source))
        QPlainTextEdit::insertFromMimeData(source);
    else
        emit dataGiven(*source);
}

void MessageField::fitHeight()
{
    // A QPlainTextEdit's document measures its height in lines.
    const int lines = static_cast<int>(document()->size().height());
    const int margins = 2 * static_cast<int>(document()->documentMargin());
    const int height = std::clamp(lines, 1, kMostLines) * fontMetrics().lineSpacing() + margins;
    setVerticalScrollBarPolicy(lines > kMostLines ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
    setFixedHeight(height);
}

Composer::Composer(QWidget* parent)
    : QFrame(parent)
    , m_attach(new Button(QStringLiteral("+"), Button::Emphasis::Quiet, this))
    , m_field(new MessageField(this))
    , m_speak(new Button(tr("Speak"), Button::Emphasis::Quiet, this))
    , m_button(new Button(tr("Send"), Button::Emphasis::Primary, this))
{
    m_attach->setObjectName("attach");
    m_attach->setAccessibleName(tr("Attach pictures or sounds"));
    m_attach->setToolTip(tr("Attach pictures or sounds (Ctrl+I); or drop or paste them"));
    m_attach->setFocusPolicy(Qt::TabFocus);
    m_speak->setObjectName("speak");
    m_speak->setFocusPolicy(Qt::TabFocus);
    m_button->setObjectName("sendOrStop");
    m_button->setFocusPolicy(Qt::TabFocus);  // a click leaves the cursor where one writes
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kSpace + kSpaceSmall, kSpace, kSpace, kSpace);
    row->setSpacing(kSpace);
    row->addWidget(m_attach, 0, Qt::AlignBottom);
    row->addWidget(m_field, 1, Qt::AlignVCenter);
    row->addWidget(m_speak, 0, Qt::AlignBottom);
    row->addWidget(m_button, 0, Qt::AlignBottom);

    connect(m_attach, &QPushButton::clicked, this, &Composer::attachRequested);
    connect(m_speak, &QPushButton::clicked, this, &Composer::speakRequested);
    connect(m_field, &MessageField::dataGiven, this, &Composer::dataGiven);
    connect(m_field, &MessageField::enterPressed, this, &Composer::submit);
    connect(m_field, &QPlainTextEdit::textChanged, this, &Composer::updateButton);
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_mode == Mode::Answering)
            emit stopRequested();
        else
            submit();
    });
    updateButton();
}

void Composer::setMode(Mode mode)
{
    m_mode = mode;
    updateButton();
}

QString Composer::text() const
{
    return m_field->toPlainText();
}

void Composer::setHasAttachments(bool has)
{
    m_hasAttachments = has;
    updateButton();
}

void Composer::setCanSpeak(bool can)
{
    m_canSpeak = can;
    updateButton();
}

void Composer::setRecording(bool isRecording)
{
    m_isRecording = isRecording;
    updateButton();
}

void Composer::clearText()
{
    QTextCursor cursor(m_field->document());
    cursor.select(QTextCursor::Document);
    cursor.removeSelectedText();
}

void Composer::takeBack(const QString& text)
{
    if (text.isEmpty())
        return;  // a message without words
    QTextCursor cursor(m_field->document());
    cursor.insertText(this->text().isEmpty() ? text : text + QStringLiteral("\n\n"));
    m_field->moveCursor(QTextCursor::End);
}

void Composer::focusField()
{
    m_field->setFocus();
}

void Composer::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(theme.page);
    painter.setPen(QPen(m_field->hasFocus() ? theme.accent : theme.border, 1.5));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), kRadius, kRadius);
}

bool Composer::hasMessage() const
{
    return m_hasAttachments || !text().trimmed().isEmpty();
}

void Composer::submit()
{
    if (m_isRecording)
        emit speakRequested();
    else if (m_mode == Mode::Ready && hasMessage())
        emit submitted(text());
}

void Composer::updateButton()
{
    const bool stops = m_mode == Mode::Answering || m_mode == Mode::Stopping;
    m_button->setText(stops ? tr("Stop") : tr("Send"));
    m_button->setAccessibleName(stops ? tr("Stop the answer") : tr("Send the message"));
    m_button->setToolTip(stops ? tr("Stop the answer (Escape)") : tr("Send the message (Enter)"));
    m_button->setEmphasis(stops ? Button::Emphasis::Plain : Button::Emphasis::Primary);
    const int height = m_button->sizeHint().height();
    m_attach->setFixedSize(height, height);
    m_speak->setFixedHeight(height);
    m_button->setEnabled(m_mode == Mode::Answering || (m_mode == Mode::Ready && hasMessage()) ||
                         m_isRecording);
    m_speak->setAccessibleName(m_isRecording ? tr("Send what was recorded")
                                             : tr("Speak to the microphone"));
    m_speak->setToolTip(tr("Speak: F9, or hold F9 while you speak"));
    m_speak->setEnabled(m_isRecording || (m_canSpeak && m_mode == Mode::Ready));
    m_speak->setVisible(!m_isRecording);
}

}  // namespace ui
