#include "ui/sound_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <cmath>

#include "ui/button.h"
#include "ui/theme.h"
#include "ui/waveform.h"

namespace ui {

namespace {

// The last sign of each asks for a letter, and not a coloured picture.
QString sign(bool isPlaying)
{
    return isPlaying ? QStringLiteral("■\uFE0E") : QStringLiteral("▶\uFE0E");
}

int milliseconds(double seconds)
{
    return static_cast<int>(std::lround(seconds * 1000));
}

}  // namespace

SoundBar::SoundBar(QWidget* parent)
    : QWidget(parent)
    , m_button(new Button(sign(false), Button::Emphasis::Quiet, this))
    , m_waveform(new Waveform(this))
    , m_time(new QLabel(this))
{
    m_button->setObjectName("playOrStop");
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kSpaceSmall);
    row->addWidget(m_button);
    row->addWidget(m_waveform, 1);
    row->addWidget(m_time);
    m_time->setForegroundRole(QPalette::PlaceholderText);
    m_time->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    connect(m_button, &QPushButton::clicked, this, &SoundBar::toggle);
    connect(m_waveform, &Waveform::sought, this, &SoundBar::onSought);
    connect(m_waveform, &QAbstractSlider::valueChanged, this, &SoundBar::updateTime);
    updateButton();
    updateTime();
}

void SoundBar::setSound(const Sound& sound)
{
    if (sound.isSame(m_sound) && sound.name == m_sound.name)
        return;
    m_sound = sound;
    m_isPlaying = false;
    m_waveform->setPeaks(sound.peaks);
    m_waveform->setRange(0, milliseconds(sound.seconds()));
    m_waveform->setValue(0);
    m_button->setEnabled(!sound.samples.isEmpty());
    m_waveform->setEnabled(!sound.samples.isEmpty());
    m_waveform->setAccessibleName(tr("Position in %1").arg(sound.name));
    updateButton();
    updateTime();
}

void SoundBar::setPlayback(const Playback& playback)
{
    const bool isMine = playback.sound.isSame(m_sound);
    if (isMine && !m_waveform->isSliderDown())
        m_waveform->setValue(milliseconds(playback.seconds));
    if (m_isPlaying == (isMine && playback.isPlaying))
        return;
    m_isPlaying = !m_isPlaying;
    updateButton();
}

double SoundBar::position() const
{
    return m_waveform->sliderPosition() / 1000.0;
}

void SoundBar::toggle()
{
    if (m_isPlaying)
        emit stopRequested();
    else if (m_waveform->value() >= m_waveform->maximum())
        emit playRequested(m_sound, 0);
    else
        emit playRequested(m_sound, position());
}

void SoundBar::onSought()
{
    if (m_isPlaying)
        emit playRequested(m_sound, position());
}

void SoundBar::updateButton()
{
    m_button->setText(sign(m_isPlaying));
    m_button->setAccessibleName(m_isPlaying ? tr("Stop %1").arg(m_sound.name)
                                            : tr("Play %1").arg(m_sound.name));
    m_button->setToolTip(m_button->accessibleName());
}

void SoundBar::updateTime()
{
    const QString length = clockText(m_sound.seconds());
    const QString time = m_sound.samples.isEmpty()
                             ? QStringLiteral("…")
                             : QStringLiteral("%1 / %2").arg(clockText(position()), length);
    if (time == m_time->text())
        return;  // screen readers are told only what is new
    m_time->setText(time);
    m_waveform->setAccessibleDescription(tr("%1 of %2").arg(clockText(position()), length));
}

}  // namespace ui
