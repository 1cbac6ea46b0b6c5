#include "app/sound_player.h"

#include <algorithm>
#include <cmath>

#include "app/conversion.h"

namespace app {

namespace {

constexpr qsizetype kPieceSamples = ui::kSoundRateHz / 50;

}  // namespace

SoundPlayer::SoundPlayer(std::unique_ptr<SoundOutput> output, QObject* parent)
    : QObject(parent)
    , m_output(std::move(output))
{
    m_pool.setMaxThreadCount(1);
    connect(this, &SoundPlayer::heard, this, [this](int job, double seconds) {
        if (job == m_job && m_playback.isPlaying)
            setPlayback(seconds, true);
    });
    connect(this, &SoundPlayer::ended, this, [this](int job) {
        if (job == m_job && m_playback.isPlaying)
            setPlayback(0, false);
    });
    connect(this, &SoundPlayer::broke, this, [this](int job, const QString& sentence) {
        if (job != m_job || !m_playback.isPlaying)
            return;
        setPlayback(m_playback.seconds, false);
        emit failed(sentence);
    });
}

SoundPlayer::~SoundPlayer()
{
    *m_isStopped = true;
    m_pool.waitForDone();
}

void SoundPlayer::play(const ui::Sound& sound, double fromSeconds)
{
    *m_isStopped = true;
    m_isStopped = std::make_shared<std::atomic<bool>>(false);
    const auto first = static_cast<qsizetype>(std::lround(fromSeconds * ui::kSoundRateHz));
    const Job job{++m_job, sound, std::clamp<qsizetype>(first, 0, sound.samples.size()),
                  m_isStopped};
    m_pool.start([this, job] { run(job); });
    m_playback.sound = sound;
    setPlayback(fromSeconds, true);
}

void SoundPlayer::stop()
{
    *m_isStopped = true;
    if (m_playback.isPlaying)
        setPlayback(m_playback.seconds, false);
}

// On the thread that plays; what is emitted there arrives on the window's.
void SoundPlayer::run(const Job& job)
{
    if (*job.isStopped)
        return;
    const auto written = writeAll(job);
    if (written && !*job.isStopped)
        m_output->finish();
    else
        m_output->abort();
    if (written)
        emit ended(job.number);
    else
        emit broke(job.number, toText(std::string_view(written.error().message)));
}

engine::Result<void> SoundPlayer::writeAll(const Job& job)
{
    ENGINE_TRY_VOID(m_output->open());
    const auto size = job.sound.samples.size();
    for (qsizetype at = job.first; at < size && !*job.isStopped; at += kPieceSamples) {
        const qsizetype count = std::min(kPieceSamples, size - at);
        ENGINE_TRY_VOID(
            m_output->write({job.sound.samples.constData() + at, static_cast<std::size_t>(count)}));
        const double written = static_cast<double>(at + count) / ui::kSoundRateHz;
        const double begin = static_cast<double>(job.first) / ui::kSoundRateHz;
        emit heard(job.number, std::max(begin, written - m_output->delaySeconds()));
    }
    return {};
}

void SoundPlayer::setPlayback(double seconds, bool isPlaying)
{
    m_playback.seconds = seconds;
    m_playback.isPlaying = isPlaying;
    emit changed(m_playback);
}

}  // namespace app
