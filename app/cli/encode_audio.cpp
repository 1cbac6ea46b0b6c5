#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/safetensors_writer.h"
#include "app/cli/sounds.h"
#include "app/sound_file.h"
#include "engine/encoders.h"

namespace app::cli {
engine::Result<void> runEncodeAudio(const CommonOptions& common, const EncodeAudioOptions& options,
                                    Interrupts& interrupts)
{
    ENGINE_TRY(SoundFile sound, SoundFile::open(options.sound));
    ENGINE_TRY(SafetensorsWriter file, SafetensorsWriter::create(options.output));

    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(const auto encoder, loadAudioEncoder(common, stop));
    ENGINE_TRY(engine::AudioClip clip, engine::AudioClip::create(encoder));
    constexpr std::size_t kSamplesPerMillisecond = SoundFile::kSampleRateHz / 1000;
    ENGINE_TRY_VOID(
        pushAll(sound, clip, options.pushMilliseconds.value_or(0) * kSamplesPerMillisecond, stop));
    ENGINE_TRY_VOID(clip.finish(stop));

    // The rows of the sound itself; what fills the clip is always the same.
    ENGINE_TRY(const std::vector<float> rows, engine::readRows(clip.rows()));
    ENGINE_TRY_VOID(file.begin({{"soft_tokens", {clip.rowCount(), encoder->info().hiddenSize}}}));
    ENGINE_TRY_VOID(file.write(0, 0, rows));
    return file.finish();
}

}  // namespace app::cli
