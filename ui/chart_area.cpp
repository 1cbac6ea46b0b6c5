#include "ui/chart_area.h"

#include <QPainter>

#include "ui/theme.h"

namespace ui {

ChartArea::ChartArea(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void ChartArea::setPaint(Paint paint)
{
    m_paint = std::move(paint);
    update();
}

void ChartArea::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    QPalette colours = palette();
    colours.setColor(QPalette::Link, Theme::of(colours).link);
    painter.fillRect(rect(), colours.color(QPalette::Base));
    if (m_paint)
        m_paint(painter, rect(), colours);
}

}  // namespace ui
