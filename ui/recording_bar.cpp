#include "ui/recording_bar.h"

#include <QGridLayout>
#include <QLabel>
#include <QPainter>

#include "ui/button.h"
#include "ui/level_bar.h"
#include "ui/sound.h"
#include "ui/theme.h"

namespace ui {

RecordingBar::RecordingBar(QWidget* parent)
    : QFrame(parent)
    , m_state(new QLabel(this))
    , m_time(new QLabel(this))
    , m_level(new LevelBar(this))
    , m_lost(new QLabel(this))
    , m_pause(new Button(tr("Pause"), Button::Emphasis::Quiet, this))
    , m_cancel(new Button(tr("Cancel"), Button::Emphasis::Quiet, this))
{
    setObjectName("recordingBar");
    m_state->setObjectName("recordingState");
    m_time->setObjectName("recordingTime");
    m_time->setAccessibleName(tr("Length of the recording"));
    m_level->setObjectName("recordingLevel");
    m_lost->setObjectName("recordingLost");
    m_lost->setWordWrap(true);
    m_pause->setObjectName("pauseRecording");
    m_cancel->setObjectName("cancelRecording");
    m_cancel->setAccessibleName(tr("Give the recording up"));
    m_cancel->setToolTip(tr("Give the recording up (Escape)"));

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(kSpace + kSpaceSmall, kSpace, kSpace, kSpace);
    grid->setHorizontalSpacing(kSpace);
    grid->addWidget(m_state, 0, 0);
    grid->addWidget(m_time, 0, 1);
    grid->addWidget(m_level, 0, 2);
    grid->addWidget(m_pause, 0, 3);
    grid->addWidget(m_cancel, 0, 4);
    grid->addWidget(m_lost, 1, 0, 1, 5);
    grid->setColumnStretch(2, 1);

    connect(m_pause, &QPushButton::clicked, this, [this] { emit pauseRequested(!m_isPaused); });
    connect(m_cancel, &QPushButton::clicked, this, &RecordingBar::cancelRequested);
    hide();
}

void RecordingBar::begin()
{
    m_hasStarted = false;
    m_isPaused = false;
    m_isSpeaking = false;
    m_seconds = 0;
    m_level->setLevel(LevelBar::kFloorDb, LevelBar::kFloorDb, false);
    setLost({});
    updateTexts();
    show();
}

void RecordingBar::setProgress(double seconds, bool isSpeaking)
{
    m_hasStarted = true;
    m_seconds = seconds;
    m_isSpeaking = isSpeaking;
    updateTexts();
}

void RecordingBar::setLevel(float levelDb, float peakDb, bool isClipped)
{
    m_level->setLevel(levelDb, peakDb, isClipped);
}

void RecordingBar::setLost(const QString& sentence)
{
    m_lost->setText(sentence);
    m_lost->setVisible(!sentence.isEmpty());
}

void RecordingBar::setPaused(bool isPaused)
{
    m_isPaused = isPaused;
    updateTexts();
}

void RecordingBar::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(theme.page);
    painter.setPen(QPen(theme.accent, 1.5));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), kRadius, kRadius);
}

void RecordingBar::updateTexts()
{
    QString state = tr("Opening the microphone…");
    if (m_isPaused)
        state = tr("Paused");
    else if (m_hasStarted)
        state = m_isSpeaking ? tr("Listening: I hear you") : tr("Listening");
    m_state->setText(state);
    m_time->setText(m_hasStarted ? clockText(m_seconds) : QString());
    m_pause->setText(m_isPaused ? tr("Go on") : tr("Pause"));
    m_pause->setAccessibleName(m_isPaused ? tr("Go on with the recording")
                                          : tr("Pause the recording"));
    m_pause->setEnabled(m_hasStarted);
}

}  // namespace ui
