#pragma once

#include <QPalette>
#include <QWidget>
#include <functional>

class QPainter;

namespace ui {

// Room for a picture that somebody else knows how to draw, at any size and in any palette.
class ChartArea : public QWidget {
    Q_OBJECT

public:
    using Paint =
        std::function<void(QPainter& painter, const QRectF& area, const QPalette& palette)>;

    explicit ChartArea(QWidget* parent = nullptr);

    // In the palette that it is given, links can be read on the base.
    void setPaint(Paint paint);

    QSize sizeHint() const override { return {640, 320}; }
    QSize minimumSizeHint() const override { return {240, 160}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Paint m_paint;
};

}  // namespace ui
