#include "app/sound_file.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <sndfile.h>

#include "app/resampler.h"

namespace app {
namespace {

constexpr sf_count_t kBlockFrames = 16384;

// What can be a recording, and what the resampler makes short work of.
constexpr int kLowestRateHz = 1000;
constexpr int kHighestRateHz = 768000;
constexpr int kMostChannels = 256;

struct CloseFile {
    void operator()(SNDFILE* file) const noexcept { sf_close(file); }
};

engine::Error problem(const std::filesystem::path& path, const std::string& what)
{
    return {engine::ErrorCode::InvalidInput, path.string() + " " + what};
}

// Lengths of MP3 files are estimates unless the file says them.
bool knowsItsLength(const SF_INFO& info)
{
    return (info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_MPEG && info.frames < SF_COUNT_MAX;
}

}  // namespace

struct SoundFile::State {
    std::filesystem::path path;
    SF_INFO info{};
    std::unique_ptr<SNDFILE, CloseFile> file;
    std::optional<Resampler> resampler;  // none for 16 kHz
    std::vector<float> interleaved;      // a block as it lies in the file
    sf_count_t framesRead = 0;
    bool isAtEnd = false;

    engine::Result<std::vector<float>> readMono();
    engine::Result<void> checkEnd() const;
};

engine::Result<SoundFile> SoundFile::open(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return problem(path, "does not exist.");
    if (!std::filesystem::is_regular_file(path, ignored))
        return problem(path, "is not a file.");
    if (std::filesystem::file_size(path, ignored) == 0)
        return problem(path, "is empty.");

    auto state = std::make_unique<State>();
    state->path = path;
    state->file.reset(sf_open(path.c_str(), SFM_READ, &state->info));
    if (!state->file)
        return problem(path, "is no sound that can be read: WAV, FLAC, Ogg, Opus, MP3 and AIFF "
                             "files are, if they are whole.");
    const SF_INFO& info = state->info;
    if (info.samplerate < kLowestRateHz || info.samplerate > kHighestRateHz)
        return problem(path, "says that it has " + std::to_string(info.samplerate) +
                                 " samples a second, which is no sound.");
    if (info.channels < 1 || info.channels > kMostChannels)
        return problem(path, "says that it has " + std::to_string(info.channels) +
                                 " channels, which is no recording.");

    if (info.samplerate != static_cast<int>(kSampleRateHz)) {
        auto resampler = Resampler::create(info.samplerate, kSampleRateHz);
        if (!resampler)
            return problem(path, "cannot be brought to 16 kHz.");
        state->resampler = *std::move(resampler);
    }
    state->interleaved.resize(static_cast<std::size_t>(kBlockFrames * info.channels));
    return SoundFile(std::move(state));
}

SoundFile::SoundFile(std::unique_ptr<State> state) : m_state(std::move(state)) {}

SoundFile::SoundFile(SoundFile&&) noexcept = default;
SoundFile& SoundFile::operator=(SoundFile&&) noexcept = default;
SoundFile::~SoundFile() = default;

double SoundFile::seconds() const noexcept
{
    const SF_INFO& info = m_state->info;
    if (info.frames <= 0 || info.frames == SF_COUNT_MAX)
        return 0.0;
    return static_cast<double>(info.frames) / info.samplerate;
}

engine::Result<std::vector<float>> SoundFile::read()
{
    // The resampler keeps some of the first blocks to itself.
    while (!m_state->isAtEnd) {
        ENGINE_TRY(const std::vector<float> mono, m_state->readMono());
        if (m_state->isAtEnd)
            ENGINE_TRY_VOID(m_state->checkEnd());
        if (!m_state->resampler)
            return mono;
        ENGINE_TRY(std::vector<float> samples, m_state->isAtEnd ? m_state->resampler->finish()
                                                                : m_state->resampler->push(mono));
        if (!samples.empty())
            return samples;
    }
    return std::vector<float>();
}

// The next block, one sample a frame; none at the end of the file.
engine::Result<std::vector<float>> SoundFile::State::readMono()
{
    const sf_count_t frames = sf_readf_float(file.get(), interleaved.data(), kBlockFrames);
    framesRead += std::max<sf_count_t>(frames, 0);
    isAtEnd = frames <= 0;
    std::vector<float> mono;
    mono.reserve(static_cast<std::size_t>(std::max<sf_count_t>(frames, 0)));
    for (sf_count_t frame = 0; frame < frames; ++frame) {
        const auto first = interleaved.begin() + frame * info.channels;
        float sum = 0.0F;
        for (auto sample = first; sample != first + info.channels; ++sample)
            sum += *sample;
        if (!std::isfinite(sum))
            return problem(path, "holds samples that are not numbers; it is damaged.");
        mono.push_back(sum / static_cast<float>(info.channels));
    }
    return mono;
}

// Whether the end of the file is where it should be.
engine::Result<void> SoundFile::State::checkEnd() const
{
    if (framesRead == 0)
        return problem(path, "holds no sound.");
    if (sf_error(file.get()) != SF_ERR_NO_ERROR ||
        (knowsItsLength(info) && framesRead < info.frames))
        return problem(path, "is damaged, or ends before it should: only the first " +
                                 std::to_string(framesRead / info.samplerate) +
                                 " s of it can be read.");
    return {};
}

}  // namespace app
