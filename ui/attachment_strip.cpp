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
#include <utility>

#include "ui/button.h"
#include "ui/scroll_bar.h"
#include "ui/sound_bar.h"
#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kTileWidth = 104;
constexpr int kSoundWidth = 260;
constexpr int kTileHeight = 80;
constexpr int kCorner = 8;
constexpr int kBarHeight = 4;

}  // namespace

AttachmentTile::AttachmentTile(int id, const Medium& medium, QWidget* parent)
    : QWidget(parent)
    , m_id(id)
    , m_remove(new Button(QStringLiteral("✕"), Button::Emphasis::Plain, this))
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_remove->setObjectName("removeAttachment");
    connect(m_remove, &QPushButton::clicked, this, &AttachmentTile::removeRequested);
    setMedium(medium);
}

void AttachmentTile::setMedium(const Medium& medium)
{
    m_medium = medium;
    const auto* sound = std::get_if<Sound>(&medium);
    if (sound && !m_soundBar) {
        m_soundBar = new SoundBar(this);
        connect(m_soundBar, &SoundBar::playRequested, this, &AttachmentTile::playRequested);
        connect(m_soundBar, &SoundBar::stopRequested, this, &AttachmentTile::playStopRequested);
    }
    if (sound)
        m_soundBar->setSound(*sound);
    else
        delete std::exchange(m_soundBar, nullptr);
    setCursor(sound ? Qt::ArrowCursor : Qt::PointingHandCursor);
    updateGeometry();
    placeParts();
    setToolTip(nameOf(medium));
    m_remove->setAccessibleName(tr("Remove %1").arg(nameOf(medium)));
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

void AttachmentTile::setPlayback(const Playback& playback)
{
    if (m_soundBar)
        m_soundBar->setPlayback(playback);
}

QSize AttachmentTile::sizeHint() const
{
    return {std::holds_alternative<Sound>(m_medium) ? kSoundWidth : kTileWidth, kTileHeight};
}

void AttachmentTile::focusRemoveButton()
{
    m_remove->setFocus();
}

void AttachmentTile::updateName()
{
    const QString name = nameOf(m_medium);
    const auto percent = static_cast<int>(std::lround(100 * m_progress));
    if (!isRead(m_medium))
        setAccessibleName(tr("%1, being opened").arg(name));
    else if (m_progress <= 0 || m_progress >= 1)
        setAccessibleName(name);
    else if (m_soundBar)
        setAccessibleName(tr("%1, %2 % heard").arg(name).arg(percent));
    else
        setAccessibleName(tr("%1, %2 % looked at").arg(name).arg(percent));
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
    painter.setPen(theme.secondaryText);
    if (const auto* picture = std::get_if<Picture>(&m_medium))
        paintPicture(painter, *picture, frame);
    else
        paintName(painter, frame);
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

void AttachmentTile::paintPicture(QPainter& painter, const Picture& picture,
                                  const QRectF& frame) const
{
    if (picture.thumbnail.isNull()) {
        painter.drawText(frame, Qt::AlignCenter, QStringLiteral("…"));
        return;
    }
    QRectF place({}, QSizeF(picture.thumbnail.size()).scaled(frame.size(), Qt::KeepAspectRatio));
    place.moveCenter(frame.center());
    painter.drawImage(place, picture.thumbnail);
}

// Above the bar, beside the button.
void AttachmentTile::paintName(QPainter& painter, const QRectF& frame) const
{
    const QRectF line(frame.left() + kSpace, m_remove->y(), m_remove->x() - frame.left() - kSpace,
                      m_remove->height());
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(nameOf(m_medium), Qt::ElideMiddle,
                                              static_cast<int>(line.width())));
}

void AttachmentTile::resizeEvent(QResizeEvent* /*event*/)
{
    placeParts();
}

void AttachmentTile::placeParts()
{
    const int side = m_remove->fontMetrics().height() + kSpace;
    m_remove->setGeometry(width() - side - 2, 2, side, side);
    m_remove->raise();
    if (m_soundBar) {
        const int top = m_remove->geometry().bottom() + 1;
        m_soundBar->setGeometry(kSpaceSmall, top, width() - 2 * kSpaceSmall - kSpaceSmall,
                                height() - top - 2 * kBarHeight);
        m_soundBar->show();
    }
}

void AttachmentTile::mouseReleaseEvent(QMouseEvent* event)
{
    const auto* picture = std::get_if<Picture>(&m_medium);
    if (event->button() == Qt::LeftButton && rect().contains(event->pos()) && picture &&
        isRead(m_medium))
        emit opened(*picture);
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
    setAccessibleName(tr("Attached pictures and sounds"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    setWidgetResizable(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setHorizontalScrollBar(new ScrollBar(Qt::Horizontal, this));
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    horizontalScrollBar()->setAccessibleName(tr("Scroll what is attached"));
    verticalScrollBar()->setAccessibleName(tr("Scroll what is attached up and down"));
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    m_row = new QHBoxLayout(content);
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->setSpacing(kSpace);
    m_row->addStretch();
    setWidget(content);
    hide();
}

void AttachmentStrip::insert(int index, int id, const Medium& medium)
{
    const int place = std::clamp(index, 0, count());
    auto* tile = new AttachmentTile(id, medium, widget());
    tile->setPlayback(m_playback);
    m_tiles.insert(place, tile);
    m_row->insertWidget(place, tile);
    // Queued: what is done about it takes the tile away.
    connect(
        tile, &AttachmentTile::removeRequested, this, [this, id] { emit removeRequested(id); },
        Qt::QueuedConnection);
    connect(tile, &AttachmentTile::opened, this, &AttachmentStrip::opened);
    connect(tile, &AttachmentTile::playRequested, this, &AttachmentStrip::playRequested);
    connect(tile, &AttachmentTile::playStopRequested, this, &AttachmentStrip::playStopRequested);
    show();
}

void AttachmentStrip::setMedium(int id, const Medium& medium)
{
    if (AttachmentTile* changed = tile(id)) {
        changed->setMedium(medium);
        changed->setPlayback(m_playback);
    }
}

void AttachmentStrip::setPlayback(const Playback& playback)
{
    m_playback = playback;
    for (AttachmentTile* tile : m_tiles)
        tile->setPlayback(playback);
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
        m_tiles[std::min(index, m_tiles.size() - 1)]->focusRemoveButton();
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
