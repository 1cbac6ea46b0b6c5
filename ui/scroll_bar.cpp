#include "ui/scroll_bar.h"

#include <QPainter>
#include <QStyleOptionSlider>

#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kWidth = 12;
constexpr int kGap = 3;

}  // namespace

QSize ScrollBar::sizeHint() const
{
    const QSize size = QScrollBar::sizeHint();
    return orientation() == Qt::Vertical ? QSize(kWidth, size.height())
                                         : QSize(size.width(), kWidth);
}

void ScrollBar::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), theme.page);
    if (minimum() == maximum())
        return;
    QStyleOptionSlider option;
    initStyleOption(&option);
    const QRectF thumb =
        style()->subControlRect(QStyle::CC_ScrollBar, &option, QStyle::SC_ScrollBarSlider, this);
    painter.setPen(Qt::NoPen);
    painter.setBrush(underMouse() || isSliderDown() ? theme.secondaryText : theme.border);
    constexpr qreal kCorner = (kWidth - 2 * kGap) / 2.0;
    painter.drawRoundedRect(thumb.adjusted(kGap, kGap, -kGap, -kGap), kCorner, kCorner);
}

}  // namespace ui
