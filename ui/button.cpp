#include "ui/button.h"

#include <QPainter>

#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kPaddingX = 14;
constexpr int kPaddingY = 7;
constexpr int kPaddingQuietY = 2;
constexpr int kCorner = 8;

}  // namespace

Button::Button(const QString& text, Emphasis emphasis, QWidget* parent)
    : QPushButton(text, parent)
    , m_emphasis(emphasis)
{
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAutoDefault(false);
}

void Button::setEmphasis(Emphasis emphasis)
{
    m_emphasis = emphasis;
    update();
}

QSize Button::sizeHint() const
{
    const QSize words = fontMetrics().size(Qt::TextShowMnemonic, text());
    const int arrow = menu() ? fontMetrics().horizontalAdvance(QStringLiteral(" ▾")) : 0;
    const int padding = m_emphasis == Emphasis::Quiet ? kPaddingQuietY : kPaddingY;
    return {words.width() + arrow + 2 * kPaddingX, words.height() + 2 * padding};
}

void Button::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);

    QColor background = m_emphasis == Emphasis::Primary ? theme.accent : theme.field;
    QColor words = m_emphasis == Emphasis::Primary ? theme.accentText : theme.text;
    if (!isEnabled()) {
        background = theme.field;
        words = theme.secondaryText;
    } else if (isDown()) {
        background = background.darker(115);
    } else if (underMouse()) {
        background = m_emphasis == Emphasis::Primary ? background.lighter(108) : theme.bubble;
    }

    const bool bare = m_emphasis == Emphasis::Quiet && !(isEnabled() && (underMouse() || isDown()));
    const QRectF frame = QRectF(rect()).adjusted(1, 1, -1, -1);
    painter.setBrush(bare ? QBrush(Qt::NoBrush) : QBrush(background));
    painter.setPen(m_emphasis == Emphasis::Plain ? QPen(theme.border) : QPen(Qt::NoPen));
    painter.drawRoundedRect(frame, kCorner, kCorner);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(m_emphasis == Emphasis::Primary ? theme.text : theme.accent, 2));
        painter.drawRoundedRect(frame, kCorner, kCorner);
    }
    painter.setPen(words);
    painter.drawText(rect(), Qt::AlignCenter | Qt::TextHideMnemonic,
                     menu() ? text() + QStringLiteral(" ▾") : text());
}

}  // namespace ui
