#pragma once

#include <QRectF>
#include <QVector>

class QPainter;

namespace ui {

struct Picture;
struct Theme;

// Where the pictures of a message stand: beside each other as long as there is room, from the upper
// left. One alone may be larger than several.
class PictureLayout {
public:
    PictureLayout(const QVector<Picture>& pictures, qreal width);

    QSizeF size() const { return m_size; }
    const QVector<QRectF>& places() const { return m_places; }

    // The picture there, or -1.
    int at(const QPointF& point) const;

private:
    QVector<QRectF> m_places;
    QSizeF m_size;
};

// With round corners; a grey place for what has not been read yet.
void paintPicture(QPainter& painter, const QRectF& place, const Picture& picture,
                  const Theme& theme);

}  // namespace ui
