#include "ui/attachment_strip.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <algorithm>
#include <cmath>

#include "ui/button.h"
#include "ui/scroll_bar.h"
#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kTileWidth = 104;
constexpr int kTileHeight = 80;
constexpr int kCorner = 8;
constexpr int kBarHeight = 4;

}  // namespace

AttachmentTile::AttachmentTile(int id, const Picture& picture, QWidget* parent)
    : QWidget(parent)
    , m_id(id)
    , m_remove(new Button(QStringLiteral("✕"), Button::Emphasis::Plain, this))
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
    m_remove->setObjectName("removePicture");
    connect(m_remove, &QPushButton::clicked, this, &AttachmentTile::removeRequested);
    setPicture(picture);
}

void AttachmentTile::setPicture(const Picture& picture)
{
    m_picture = picture;
    setToolTip(picture.name);
    m_remove->setAccessibleName(tr("Remove %1").arg(picture.name));
    m_remove->setToolTip(m_remove->accessibleName());
    updateName();
    update();
}

void AttachmentTile::setProgress(double fraction)
{
    m_progress = std::clamp(fraction, 0.0, 1.0);
    updateName();
    update();
}

QSize AttachmentTile::sizeHint() const
{
    return {kTileWidth, kTileHeight};
}

void AttachmentTile::updateName()
{
    if (m_picture.thumbnail.isNull())
        setAccessibleName(tr("%1, being opened").arg(m_picture.name));
    else if (m_progress > 0 && m_progress < 1)
        setAccessibleName(tr("%1, %2 % looked at")
                              .arg(m_picture.name)
                              .arg(static_cast<int>(std::lround(100 * m_progress))));
    else
        setAccessibleName(m_picture.name);
}

void AttachmentTile::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const QRectF frame = QRectF(rect()).adjusted(1, 1, -1, -1);
    QPainterPath outline;
    outline.addRoundedRect(frame, kCorner, kCorner);
    painter.fillPath(outline, theme.field);
    painter.save();
    painter.setClipPath(outline);
    if (m_picture.thumbnail.isNull()) {
        painter.setPen(theme.secondaryText);
        painter.drawText(frame, Qt::AlignCenter, QStringLiteral("…"));
    } else {
        QRectF place({},
                     QSizeF(m_picture.thumbnail.size()).scaled(frame.size(), Qt::KeepAspectRatio));
        place.moveCenter(frame.center());
        painter.drawImage(place, m_picture.thumbnail);
    }
    if (m_progress > 0 && m_progress < 1) {
        QRectF bar(frame.left(), frame.bottom() - kBarHeight, frame.width(), kBarHeight);
        painter.fillRect(bar, theme.field);
        bar.setWidth(bar.width() * m_progress);
        painter.fillRect(bar, theme.accent);
    }
    painter.restore();
    painter.setPen(theme.border);
    painter.drawPath(outline);
}

void AttachmentTile::resizeEvent(QResizeEvent* /*event*/)
{
    const int side = m_remove->fontMetrics().height() + kSpace;
    m_remove->setGeometry(width() - side - 2, 2, side, side);
}

void AttachmentTile::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && rect().contains(event->pos()))
        emit opened();
}

// Comes from the button, which has the focus.
void AttachmentTile::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace)
        emit removeRequested();
    else
        QWidget::keyPressEvent(event);
}

AttachmentStrip::AttachmentStrip(QWidget* parent) : QScrollArea(parent), m_row(nullptr)
{
    setObjectName("attachments");
    setAccessibleName(tr("Attached pictures"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    setWidgetResizable(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setHorizontalScrollBar(new ScrollBar(Qt::Horizontal, this));
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    horizontalScrollBar()->setAccessibleName(tr("Scroll the attached pictures"));
    verticalScrollBar()->setAccessibleName(tr("Scroll the attached pictures up and down"));
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    m_row = new QHBoxLayout(content);
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->setSpacing(kSpace);
    m_row->addStretch();
    setWidget(content);
    hide();
}

void AttachmentStrip::insert(int index, int id, const Picture& picture)
{
    const int place = std::clamp(index, 0, count());
    auto* tile = new AttachmentTile(id, picture, widget());
    m_tiles.insert(place, tile);
    m_row->insertWidget(place, tile);
    // Queued: what is done about it takes the tile away.
    connect(
        tile, &AttachmentTile::removeRequested, this, [this, id] { emit removeRequested(id); },
        Qt::QueuedConnection);
    connect(tile, &AttachmentTile::opened, this, [this, tile] {
        if (!tile->picture().image.isNull())
            emit opened(tile->picture());
    });
    show();
}

void AttachmentStrip::setPicture(int id, const Picture& picture)
{
    if (AttachmentTile* changed = tile(id))
        changed->setPicture(picture);
}

void AttachmentStrip::setProgress(int id, double fraction)
{
    if (AttachmentTile* changed = tile(id))
        changed->setProgress(fraction);
}

void AttachmentStrip::remove(int id)
{
    AttachmentTile* removed = tile(id);
    if (!removed)
        return;
    const bool hadFocus = removed->isAncestorOf(QApplication::focusWidget());
    const auto index = m_tiles.indexOf(removed);
    m_tiles.removeAt(index);
    removed->hide();
    removed->deleteLater();
    if (hadFocus && !m_tiles.isEmpty())
        m_tiles[std::min(index, m_tiles.size() - 1)]->findChild<Button*>()->setFocus();
    setVisible(!m_tiles.isEmpty());
}

QVector<int> AttachmentStrip::ids() const
{
    QVector<int> ids;
    for (const AttachmentTile* tile : m_tiles)
        ids << tile->id();
    return ids;
}

QSize AttachmentStrip::sizeHint() const
{
    return {kTileWidth, kTileHeight + horizontalScrollBar()->sizeHint().height()};
}

QSize AttachmentStrip::minimumSizeHint() const
{
    return sizeHint();
}

AttachmentTile* AttachmentStrip::tile(int id) const
{
    const auto found = std::find_if(m_tiles.begin(), m_tiles.end(),
                                    [id](const AttachmentTile* tile) { return tile->id() == id; });
    return found == m_tiles.end() ? nullptr : *found;
}

}  // namespace ui
