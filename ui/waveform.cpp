#include "ui/waveform.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kBarWidth = 3;
constexpr int kBarStep = 5;
constexpr int kLeastHeight = 2;  // of silence
constexpr QSize kSize(120, 32);
constexpr int kStepMs = 1000;
constexpr int kPageMs = 5000;

}  // namespace

Waveform::Waveform(QWidget* parent) : QAbstractSlider(parent)
{
    setOrientation(Qt::Horizontal);
    setSingleStep(kStepMs);
    setPageStep(kPageMs);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setCursor(Qt::PointingHandCursor);
    // Keys; a drag is over when the mouse lets go.
    connect(this, &QAbstractSlider::actionTriggered, this, [this](int action) {
        if (action == SliderMove)
            return;
        setValue(sliderPosition());
        emit sought();
    });
}

void Waveform::setPeaks(const Peaks& peaks)
{
    m_peaks = peaks;
    update();
}

QSize Waveform::sizeHint() const
{
    return kSize;
}

void Waveform::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const int bars = std::max(1, width() / kBarStep);
    const double played = maximum() > 0 ? static_cast<double>(value()) / maximum() : 0;
    for (int i = 0; i < bars; ++i) {
        const double from = static_cast<double>(i) / bars;
        const double to = static_cast<double>(i + 1) / bars;
        // Ears hear in proportion, not in sums: the root shows quiet speech, too.
        const double loudness = std::sqrt(m_peaks.loudest(from, to));
        const double barHeight = std::max<double>(kLeastHeight, loudness * (height() - 2));
        painter.setBrush(from < played ? theme.accent : theme.waveform);
        painter.drawRoundedRect(
            QRectF(i * kBarStep + 1, (height() - barHeight) / 2, kBarWidth, barHeight),
            kBarWidth / 2.0, kBarWidth / 2.0);
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.accent, 1.5));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), kSpaceSmall, kSpaceSmall);
    }
}

void Waveform::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    setSliderDown(true);
    setSliderPosition(valueAt(event->position().x()));
}

void Waveform::mouseMoveEvent(QMouseEvent* event)
{
    if (isSliderDown())
        setSliderPosition(valueAt(event->position().x()));
}

void Waveform::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !isSliderDown())
        return;
    setSliderDown(false);
    emit sought();
}

// The wheel moves the conversation, also where a sound stands in it.
void Waveform::wheelEvent(QWheelEvent* event)
{
    event->ignore();
}

void Waveform::focusInEvent(QFocusEvent* event)
{
    QAbstractSlider::focusInEvent(event);
    update();
}

void Waveform::focusOutEvent(QFocusEvent* event)
{
    QAbstractSlider::focusOutEvent(event);
    update();
}

int Waveform::valueAt(qreal x) const
{
    const double share = std::clamp(x / std::max(1, width()), 0.0, 1.0);
    return static_cast<int>(std::lround(share * maximum()));
}

}  // namespace ui
