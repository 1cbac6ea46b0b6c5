#pragma once

#include <QRectF>
#include <QVector>

#include "ui/media.h"

class QPainter;

namespace ui {

struct Theme;

// Where the pictures and sounds of a message stand: pictures beside each other as long as there is
// room, from the upper left; each sound in a line of its own. A picture alone may be larger than
// several.
class MediaLayout {
public:
    MediaLayout(const QVector<Medium>& media, qreal width);

    QSizeF size() const { return m_size; }
    const QVector<QRectF>& places() const { return m_places; }

    // What is there, or -1.
    int at(const QPointF& point) const;

private:
    QVector<QRectF> m_places;
    QSizeF m_size;
};

// With round corners; a grey place for what has not been read yet.
void paintPicture(QPainter& painter, const QRectF& place, const Picture& picture,
                  const Theme& theme);

}  // namespace ui
