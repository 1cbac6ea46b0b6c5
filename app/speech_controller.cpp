#include "app/speech_controller.h"

#include <utility>

#include "app/chat_controller.h"
#include "app/settings.h"
#include "ui/main_window.h"
#include "ui/microphone_menu.h"
#include "ui/recording_bar.h"
#include "ui/sound.h"

namespace app {

namespace {

// A key that is down for longer is held: letting it go ends what is said.
constexpr qint64 kHeldMilliseconds = 400;

}  // namespace

SpeechController::SpeechController(ChatController* chat, ui::MainWindow* window, Settings* settings,
                                   Recorder::OpenSystem openSystem, QObject* parent)
    : QObject(parent)
    , m_chat(chat)
    , m_window(window)
    , m_settings(settings)
    , m_recorder(std::move(openSystem))
{
    ui::MicrophoneMenu& menu = m_window->microphone();
    menu.setDevice(m_settings->microphone());
    menu.setEndsAtPause(m_settings->endsAtPause());
    connectWindow();
    connectRecorder();
}

void SpeechController::connectWindow()
{
    connect(m_window, &ui::MainWindow::speakRequested, this, &SpeechController::toggle);
    connect(m_window, &ui::MainWindow::speakKeyPressed, this, &SpeechController::onKeyPressed);
    connect(m_window, &ui::MainWindow::speakKeyReleased, this, &SpeechController::onKeyReleased);
    connect(m_window, &ui::MainWindow::recordingCancelled, this, &SpeechController::cancel);
    connect(&m_window->recording(), &ui::RecordingBar::pauseRequested, this, [this](bool pause) {
        m_recorder.setPaused(pause);
        m_window->recording().setPaused(pause);
    });
    connect(m_chat, &ChatController::speechRefused, this, [this] {
        m_recorder.finish();  // what was heard until now is kept
    });
    connect(m_chat, &ChatController::speechForgotten, this, [this] {
        m_recorder.cancel();
        leaveRecording();
    });

    ui::MicrophoneMenu& menu = m_window->microphone();
    connect(&menu, &ui::MicrophoneMenu::devicesWanted, &m_recorder, &Recorder::listDevices);
    connect(&menu, &ui::MicrophoneMenu::deviceChosen, this, [this](const QString& name) {
        m_settings->setMicrophone(name);
        m_window->microphone().setDevice(name);
    });
    connect(&menu, &ui::MicrophoneMenu::endsAtPauseChosen, this,
            [this](bool ends) { m_settings->setEndsAtPause(ends); });
}

void SpeechController::connectRecorder()
{
    connect(&m_recorder, &Recorder::devicesListed, this,
            [this](const QStringList& names) { m_window->microphone().setDevices(names); });
    connect(&m_recorder, &Recorder::recorded, this,
            [this](int recording, const QVector<float>& samples) {
                if (recording == m_recording)
                    onRecorded(samples);
            });
    connect(&m_recorder, &Recorder::spoken, this,
            [this](int recording, const QVector<float>& samples, bool endsClip) {
                if (recording != m_recording)
                    return;
                m_isForModel = true;
                m_chat->hear(samples, endsClip);
            });
    connect(&m_recorder, &Recorder::changed, this,
            [this](int recording, const RecordingState& state) {
                if (recording == m_recording)
                    onChanged(state);
            });
    connect(&m_recorder, &Recorder::ended, this,
            [this](int recording, RecordingEnd end, const QString& notice) {
                if (recording == m_recording)
                    onEnded(end, notice);
            });
    connect(&m_recorder, &Recorder::failed, this, [this](int recording, const QString& sentence) {
        if (recording == m_recording)
            onFailed(sentence);
    });
}

void SpeechController::toggle()
{
    if (isRecording())
        m_recorder.finish();
    else
        start();
}

void SpeechController::start()
{
    const auto samplesPerClip = m_chat->beginSpeech();
    if (!samplesPerClip)
        return;  // the chat says why
    m_samples.clear();
    m_isForModel = false;
    m_window->notice().hide();
    m_window->setRecording(true);
    m_recording =
        m_recorder.start({m_settings->microphone(),
                          m_settings->endsAtPause() && !m_isKeyHeld ? SpokenTurn::End::ByPause
                                                                    : SpokenTurn::End::ByHand,
                          *samplesPerClip});
}

void SpeechController::cancel()
{
    if (!isRecording())
        return;
    m_recorder.cancel();
    leaveRecording();
    m_chat->cancelSpeech();
}

void SpeechController::onKeyPressed()
{
    if (isRecording()) {
        m_recorder.finish();
        return;
    }
    m_isKeyHeld = true;
    m_keyTimer.start();
    start();
}

// A tap leaves it recording, until the next.
void SpeechController::onKeyReleased()
{
    if (std::exchange(m_isKeyHeld, false) && isRecording() &&
        m_keyTimer.elapsed() >= kHeldMilliseconds)
        m_recorder.finish();
}

void SpeechController::onRecorded(const QVector<float>& samples)
{
    m_samples += ui::toSamples(samples);
}

void SpeechController::onChanged(const RecordingState& state)
{
    ui::RecordingBar& bar = m_window->recording();
    bar.setProgress(state.seconds, state.isSpeaking);
    bar.setLevel(state.levelDb, state.peakDb, state.isClipped);
    bar.setLost(state.lost);
}

void SpeechController::onEnded(RecordingEnd end, const QString& notice)
{
    leaveRecording();
    if (!m_isForModel) {
        m_chat->cancelSpeech();
        showNotice(notice.isEmpty() ? tr("Nothing was heard.") : notice);
        return;
    }
    const ui::Sound sound = ui::makeSound(tr("recording %1.flac").arg(++m_count), m_samples);
    if (end == RecordingEnd::Complete)
        m_chat->sendSpeech(sound);
    else
        m_chat->keepSpeech(sound);
    showNotice(notice);
}

void SpeechController::onFailed(const QString& sentence)
{
    leaveRecording();
    m_chat->cancelSpeech();
    showNotice(sentence);
}

void SpeechController::leaveRecording()
{
    m_recording = 0;
    m_isKeyHeld = false;
    m_window->setRecording(false);
}

void SpeechController::showNotice(const QString& sentence)
{
    if (!sentence.isEmpty())
        m_window->notice().showNotice(sentence, {});
}

}  // namespace app
