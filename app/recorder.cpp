#include "app/recorder.h"

#include <QTimer>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "app/conversion.h"
#include "app/microphone.h"

namespace app {

namespace {

// Often enough for a level that moves with the voice.
constexpr std::chrono::milliseconds kInterval{25};

}  // namespace

// Has the microphone, on a thread of its own.
class Recorder::Worker : public QObject {
public:
    Worker(Recorder* recorder, OpenSystem openSystem)
        : m_recorder(recorder)
        , m_openSystem(std::move(openSystem))
        , m_timer(new QTimer(this))
    {
        m_timer->setInterval(kInterval);
        connect(m_timer, &QTimer::timeout, this, &Worker::read);
    }

    void list()
    {
        QStringList names;
        if (const auto system = m_openSystem())
            for (const InputDevice& input : (*system)->inputs())
                names << toText(std::string_view(input.name));
        emit m_recorder->devicesListed(names);
    }

    void open(int recording, const RecordingOptions& options)
    {
        close();
        m_recording = recording;
        auto microphone = openMicrophone(options);
        if (!microphone) {
            emit m_recorder->failed(recording,
                                    toText(std::string_view(microphone.error().message)));
            return;
        }
        m_microphone = *std::move(microphone);
        m_turn.emplace(options.samplesPerClip, options.end,
                       [this](std::span<const float> samples, bool endsClip) {
                           emit m_recorder->spoken(m_recording,
                                                   QVector<float>(samples.begin(), samples.end()),
                                                   endsClip);
                       });
        m_samples = 0;
        m_hasStarted = false;
        m_isPaused = false;
        m_timer->start();
    }

    void setPaused(bool isPaused)
    {
        if (m_microphone)
            read();
        m_isPaused = isPaused;
    }

    void finish(RecordingEnd end, const QString& notice)
    {
        if (!m_microphone)
            return;
        if (const auto rest = m_microphone->close())
            take(*rest);
        m_turn->finish();
        const QString lost = lostText();
        const QString separator = notice.isEmpty() || lost.isEmpty() ? QString() : " ";
        close();
        emit m_recorder->ended(m_recording, end, notice + separator + lost);
    }

    void close()
    {
        m_timer->stop();
        m_turn.reset();
        m_microphone.reset();
    }

private:
    engine::Result<Microphone> openMicrophone(const RecordingOptions& options)
    {
        ENGINE_TRY(auto system, m_openSystem());
        return Microphone::open(std::move(system), toUtf8(options.device));
    }

    void read()
    {
        const auto samples = m_microphone->read();
        if (!samples) {
            finish(RecordingEnd::Broken, toText(std::string_view(samples.error().message)));
            return;
        }
        take(*samples);
        const LevelMeter& level = m_microphone->level();
        if (m_hasStarted)
            emit m_recorder->changed(m_recording,
                                     {static_cast<double>(m_samples) / Microphone::kRateHz,
                                      level.levelDb(), level.peakDb(), level.isClipped(),
                                      m_turn->isSpeaking() && !m_isPaused, lostText()});
        if (m_turn->isOver())
            finish(RecordingEnd::Complete, {});
    }

    void take(const std::vector<float>& samples)
    {
        if (samples.empty())
            return;
        if (!std::exchange(m_hasStarted, true))
            emit m_recorder->started(m_recording);
        if (m_isPaused)
            return;
        m_samples += samples.size();
        emit m_recorder->recorded(m_recording, QVector<float>(samples.begin(), samples.end()));
        m_turn->push(samples);
    }

    QString lostText() const { return toText(std::string_view(m_microphone->lost().sentence())); }

    Recorder* m_recorder;
    OpenSystem m_openSystem;
    QTimer* m_timer;
    std::optional<Microphone> m_microphone;
    std::optional<SpokenTurn> m_turn;
    int m_recording = 0;
    std::uint64_t m_samples = 0;
    bool m_hasStarted = false;
    bool m_isPaused = false;
};

Recorder::Recorder(OpenSystem openSystem, QObject* parent)
    : QObject(parent)
    , m_worker(new Worker(this, std::move(openSystem)))
{
    m_thread.setObjectName("microphone");
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

Recorder::~Recorder()
{
    m_thread.quit();
    m_thread.wait();
}

void Recorder::listDevices()
{
    QMetaObject::invokeMethod(m_worker, [worker = m_worker] { worker->list(); });
}

int Recorder::start(const RecordingOptions& options)
{
    const int recording = ++m_current;
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, recording, options] { worker->open(recording, options); });
    return recording;
}

void Recorder::setPaused(bool isPaused)
{
    QMetaObject::invokeMethod(m_worker,
                              [worker = m_worker, isPaused] { worker->setPaused(isPaused); });
}

void Recorder::finish()
{
    QMetaObject::invokeMethod(m_worker,
                              [worker = m_worker] { worker->finish(RecordingEnd::Complete, {}); });
}

void Recorder::cancel()
{
    ++m_current;
    QMetaObject::invokeMethod(m_worker, [worker = m_worker] { worker->close(); });
}

}  // namespace app
