#include "ui/level_bar.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "ui/theme.h"

namespace ui {

namespace {

constexpr float kLoudDb = -6;
constexpr int kHeight = 12;
constexpr int kWidth = 160;
constexpr qreal kBarRadius = 3;
constexpr qreal kMarkWidth = 3;

// Where in [0, 1] of the bar.
qreal placeOf(float decibels)
{
    return std::clamp(1.0 - static_cast<qreal>(decibels) / LevelBar::kFloorDb, 0.0, 1.0);
}

}  // namespace

LevelBar::LevelBar(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Level of the microphone"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void LevelBar::setLevel(float levelDb, float peakDb, bool isClipped)
{
    if (isClipped != m_isClipped)
        setAccessibleDescription(isClipped ? tr("Too loud") : QString());
    setToolTip(isClipped ? tr("Too loud: speak softer, or further away from the microphone.")
                         : QString());
    m_levelDb = levelDb;
    m_peakDb = peakDb;
    m_isClipped = isClipped;
    update();
}

QSize LevelBar::sizeHint() const
{
    return {kWidth, kHeight};
}

void LevelBar::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const QRectF clip(width() - kHeight, 0, kHeight, height());
    const QRectF bar(0, 0, clip.left() - kSpaceSmall, height());

    painter.setBrush(theme.field);
    painter.drawRoundedRect(bar, kBarRadius, kBarRadius);
    painter.setBrush(m_isClipped ? theme.loud : theme.field);
    painter.drawRoundedRect(clip, kBarRadius, kBarRadius);

    QPainterPath whole;
    whole.addRoundedRect(bar, kBarRadius, kBarRadius);
    painter.setClipPath(whole);
    const qreal loud = bar.width() * placeOf(kLoudDb);
    const qreal level = bar.width() * placeOf(m_levelDb);
    painter.fillRect(QRectF(0, 0, std::min(level, loud), height()), theme.accent);
    if (level > loud)
        painter.fillRect(QRectF(loud, 0, level - loud, height()), theme.loud);
    if (m_peakDb > kFloorDb)
        painter.fillRect(
            QRectF(bar.width() * placeOf(m_peakDb) - kMarkWidth, 0, kMarkWidth, height()),
            m_peakDb > kLoudDb ? theme.loud : theme.text);
}

}  // namespace ui
