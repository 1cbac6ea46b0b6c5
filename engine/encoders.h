#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/message.h"
#include "engine/model.h"
#include "engine/result.h"

namespace engine {

class Device;

// An sRGB picture, 8 bits a channel, rows from the top, no padding.
struct Image {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::vector<std::uint8_t> rgb;  // [height × width × 3]
};

// What a vision encoder's files say of it.
struct VisionInfo {
    std::uint32_t imageSize = 0;   // pixels: pictures are squashed to a square of this side
    std::uint32_t softTokens = 0;  // rows that a picture becomes
    std::uint32_t hiddenSize = 0;  // elements of a row: the text model's hidden size
    std::uint64_t parameters = 0;
    std::uint64_t deviceWeightBytes = 0;
};

// What the encoding of one picture took, by kind of block.
struct VisionCosts {
    struct Kind {
        std::string name;  // "inverted residual"
        double seconds = 0.0;
        std::uint64_t flops = 0;  // of convolutions and attention: 2 per multiply-add
        std::uint64_t dispatches = 0;
    };
    std::vector<Kind> kinds;
    double denseSeconds = 0.0;  // of dense convolutions, which are products of matrices
    std::uint64_t denseFlops = 0;
    double productFlopsPerSecond = 0.0;  // of the device's own best: a large product in float32
    double longestSubmissionSeconds = 0.0;
    std::uint64_t submissions = 0;
    std::uint64_t weightBytes = 0;      // read
    std::uint64_t activationBytes = 0;  // of device memory, while it lasts
};

// Turns pictures into rows that stand among a text model's embeddings. Weights stay on the device;
// the memory for the activations of a picture is allocated for its encoding and freed after it.
// Belongs to the thread of its device.
class VisionEncoder {
public:
    // `fraction` of the work done, in [0, 1]. Called between submissions.
    using Progress = std::function<void(double fraction)>;

    // `path` is a GGUF file with a `clip` layout (mmproj) or a Hugging Face folder; neither needs
    // to hold a text model. Fails with InvalidFile or UnsupportedModel, naming what is wrong, with
    // OutOfMemory, or with Cancelled.
    static Result<std::shared_ptr<const VisionEncoder>> load(std::shared_ptr<Device> device,
                                                             const std::filesystem::path& path,
                                                             const Model::Progress& progress,
                                                             const std::stop_token& stop);

    ~VisionEncoder();

    const VisionInfo& info() const noexcept;
    const Device& device() const noexcept;

    // Squashes the picture to `size` × `size` pixels (0: the size the model was made for) and
    // encodes it. Stops within one submission with Cancelled. Fails with InvalidInput for an empty
    // picture or a size that the network cannot take, with OutOfMemory, or with DeviceLost; the
    // encoder can be used again after each.
    Result<SoftTokens> encode(const Image& image, std::uint32_t size, const Progress& progress,
                              const std::stop_token& stop) const;

    // Encodes the picture once, and a second time to measure. Fails as encode() does.
    Result<VisionCosts> measure(const Image& image, std::uint32_t size,
                                const std::stop_token& stop) const;

    // The row of the id that ends a picture: the hard path of the embedder (spec 02 §6). What
    // encode() returns carries it.
    const SoftTokens& endOfImage() const noexcept;

    // For the engine's own use.
    struct State;
    const State& state() const noexcept { return *m_state; }

private:
    explicit VisionEncoder(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

// What a sound encoder's files say of it.
struct AudioInfo {
    std::uint32_t softTokensPerClip = 0;  // rows that a clip becomes, however short it is
    std::uint64_t samplesPerClip = 0;     // 16 kHz: the most that a clip holds
    std::uint32_t hiddenSize = 0;         // elements of a row: the text model's hidden size
    std::uint32_t blocks = 0;             // of the conformer
    std::uint64_t parameters = 0;
    std::uint64_t deviceWeightBytes = 0;
};

// What encoding a clip has taken so far; exact.
struct AudioCosts {
    std::uint32_t passes = 0;  // through the network, each of half a second or more
    std::uint64_t dispatches = 0;
    std::uint64_t flops = 0;       // of products of matrices: 2 per multiply-add
    std::uint64_t stateBytes = 0;  // that are carried from pass to pass
};

// Turns sound into rows that stand among a text model's embeddings. Holds the weights; what is
// heard is the business of AudioClip. Belongs to the thread of its device.
class AudioEncoder {
public:
    // `path` is a GGUF file with a `clip` layout (mmproj) or a Hugging Face folder; neither needs
    // to hold a text model. Fails with InvalidFile or UnsupportedModel, naming what is wrong, with
    // OutOfMemory, or with Cancelled.
    static Result<std::shared_ptr<const AudioEncoder>> load(std::shared_ptr<Device> device,
                                                            const std::filesystem::path& path,
                                                            const Model::Progress& progress,
                                                            const std::stop_token& stop);

    ~AudioEncoder();

    const AudioInfo& info() const noexcept;

    // The rows of the ids that end a sound and that fill a clip: the hard path of the embedder
    // (spec 03 §5). What a clip gives carries the first.
    const SoftTokens& endOfAudio() const noexcept;
    const SoftTokens& padding() const noexcept;

    // For the engine's own use.
    struct State;
    const State& state() const noexcept { return *m_state; }

private:
    explicit AudioEncoder(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

// One clip of sound, encoded while it is heard. In pieces of any size it becomes the same rows as
// in one. All device memory that it will use is allocated with it.
class AudioClip {
public:
    // Fails with OutOfMemory.
    static Result<AudioClip> create(std::shared_ptr<const AudioEncoder> encoder);

    AudioClip(AudioClip&&) noexcept;
    AudioClip& operator=(AudioClip&&) noexcept;
    ~AudioClip();

    // Takes samples, 16 kHz mono in [-1, 1]; rows come of them half a second at a time. Fails with
    // InvalidInput, and takes none, where one is not a number, where the clip would be longer than
    // samplesPerClip, or after finish(). Stopped, it fails with Cancelled within one submission and
    // has taken them: the next call goes on. After DeviceLost or OutOfMemory the clip is of no use.
    Result<void> push(std::span<const float> samples, const std::stop_token& stop);

    // The clip is over: encodes what is left, and returns softTokensPerClip rows, of which the last
    // are padding (spec 03 §5). Fails as push() does, and with InvalidInput without any sample.
    Result<SoftTokens> finish(const std::stop_token& stop);

    // Rows of sound so far, and they themselves, which never change. Of none there are no rows.
    std::uint32_t rowCount() const noexcept;
    SoftTokens rows() const;

    // Rows that finish() will return: softTokensPerClip of the encoder.
    std::uint32_t rowsWhenFinished() const noexcept;

    // Samples taken so far.
    std::uint64_t samples() const noexcept;

    AudioCosts costs() const noexcept;

    // For the engine's own use.
    struct State;
    State& state() const noexcept { return *m_state; }

private:
    explicit AudioClip(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

// Where the encoders of a model lie: in the file that was chosen, in the model's own file or
// folder, which then may be nothing but encoders, or in the file beside it. Fails with InvalidInput
// and a sentence that says which file to add, or as Model::inspect() does.
Result<std::filesystem::path> findEncoders(const ModelPaths& paths);

// The rows of encoded media, [count × hidden size], copied from the device.
Result<std::vector<float>> readRows(const SoftTokens& tokens);

}  // namespace engine
