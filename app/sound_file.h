#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/result.h"

namespace app {

// A file of sound as an encoder wants it: 16 kHz, mono, block by block, so that its length costs no
// memory. WAV, FLAC, Ogg, Opus, MP3 and AIFF, of any rate and number of channels, which are
// averaged. A file of 16 kHz and one channel is given as it is. Any one thread may use it.
class SoundFile {
public:
    static constexpr std::uint32_t kSampleRateHz = 16000;

    // Reads the header. Fails with InvalidInput and a sentence that names the file.
    static engine::Result<SoundFile> open(const std::filesystem::path& path);

    SoundFile(SoundFile&&) noexcept;
    SoundFile& operator=(SoundFile&&) noexcept;
    ~SoundFile();

    // The next samples, a quarter of a second to a few; none at the end of the file. Fails with
    // InvalidInput where the file is damaged, ends before it should, holds samples that are no
    // numbers, or holds none at all.
    engine::Result<std::vector<float>> read();

    // Length by the header, which may be wrong; 0 where it does not say.
    double seconds() const noexcept;

private:
    struct State;
    explicit SoundFile(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

}  // namespace app
