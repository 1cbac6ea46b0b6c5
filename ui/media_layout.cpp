#include "ui/media_layout.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "ui/theme.h"

namespace ui {

namespace {

constexpr qreal kSingle = 300;   // the longer side of a picture alone
constexpr qreal kSeveral = 160;  // the height of those beside others
constexpr qreal kLeast = 24;     // the shorter side, or one could not hit it
constexpr qreal kUnread = 120;
constexpr QSizeF kSoundSize(360, 40);

QSizeF sizeOf(const Medium& medium, bool isAlone, qreal width)
{
    const auto* picture = std::get_if<Picture>(&medium);
    if (!picture)
        return kSoundSize.boundedTo({width, kSoundSize.height()});
    const QSizeF natural = picture->thumbnail.size();
    if (natural.isEmpty())
        return {std::min(kUnread, width), kUnread};
    const QSizeF most(std::min(isAlone ? kSingle : 2 * kSeveral, width),
                      isAlone ? kSingle : kSeveral);
    // Small ones keep their size.
    const QSizeF size = natural.scaled(most, Qt::KeepAspectRatio).boundedTo(natural);
    return size.expandedTo({kLeast, kLeast});
}

}  // namespace

MediaLayout::MediaLayout(const QVector<Medium>& media, qreal width)
{
    QPointF next;
    qreal rowHeight = 0;
    bool wasSound = false;
    for (const Medium& medium : media) {
        const QSizeF size = sizeOf(medium, media.size() == 1, width);
        const bool isSound = std::holds_alternative<Sound>(medium);
        if (next.x() > 0 && (isSound || wasSound || next.x() + size.width() > width)) {
            next = {0, next.y() + rowHeight + kSpace};
            rowHeight = 0;
        }
        m_places << QRectF(next, size);
        rowHeight = std::max(rowHeight, size.height());
        m_size = m_size.expandedTo({next.x() + size.width(), next.y() + rowHeight});
        next.rx() += size.width() + kSpace;
        wasSound = isSound;
    }
}

int MediaLayout::at(const QPointF& point) const
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
