#include "ui/picture_layout.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "ui/picture.h"
#include "ui/theme.h"

namespace ui {

namespace {

constexpr qreal kSingle = 300;   // the longer side of a picture alone
constexpr qreal kSeveral = 160;  // the height of those beside others
constexpr qreal kLeast = 24;     // the shorter side, or one could not hit it
constexpr qreal kUnread = 120;

QSizeF sizeOf(const Picture& picture, bool isAlone, qreal width)
{
    const QSizeF natural = picture.thumbnail.size();
    if (natural.isEmpty())
        return {std::min(kUnread, width), kUnread};
    const QSizeF most(std::min(isAlone ? kSingle : 2 * kSeveral, width),
                      isAlone ? kSingle : kSeveral);
    // Small ones keep their size.
    const QSizeF size = natural.scaled(most, Qt::KeepAspectRatio).boundedTo(natural);
    return size.expandedTo({kLeast, kLeast});
}

}  // namespace

PictureLayout::PictureLayout(const QVector<Picture>& pictures, qreal width)
{
    QPointF next;
    qreal rowHeight = 0;
    for (const Picture& picture : pictures) {
        const QSizeF size = sizeOf(picture, pictures.size() == 1, width);
        if (next.x() > 0 && next.x() + size.width() > width) {
            next = {0, next.y() + rowHeight + kSpace};
            rowHeight = 0;
        }
        m_places << QRectF(next, size);
        rowHeight = std::max(rowHeight, size.height());
        m_size = m_size.expandedTo({next.x() + size.width(), next.y() + rowHeight});
        next.rx() += size.width() + kSpace;
    }
}

int PictureLayout::at(const QPointF& point) const
{
    const auto found = std::find_if(m_places.begin(), m_places.end(),
                                    [&](const QRectF& place) { return place.contains(point); });
    return found == m_places.end() ? -1 : static_cast<int>(found - m_places.begin());
}

void paintPicture(QPainter& painter, const QRectF& place, const Picture& picture,
                  const Theme& theme)
{
    QPainterPath outline;
    outline.addRoundedRect(place, kSpace, kSpace);
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.fillPath(outline, theme.field);
    painter.setClipPath(outline, Qt::IntersectClip);
    if (picture.thumbnail.isNull()) {
        painter.setPen(theme.secondaryText);
        painter.drawText(place, Qt::AlignCenter, QStringLiteral("…"));
    } else {
        QRectF inside({},
                      QSizeF(picture.thumbnail.size()).scaled(place.size(), Qt::KeepAspectRatio));
        inside.moveCenter(place.center());
        painter.drawImage(inside, picture.thumbnail);
    }
    painter.restore();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(theme.border);
    painter.drawPath(outline);
}

}  // namespace ui
