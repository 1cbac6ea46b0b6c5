#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/message.h"
#include "engine/result.h"
#include "engine/size.h"

namespace engine {

class AudioEncoder;
class Device;
class VisionEncoder;

// Where a model lies.
struct ModelPaths {
    std::filesystem::path path;  // a GGUF file (any one of a split set) or a Hugging Face folder
    // The file with its encoders. If empty it is looked for: in the folder itself, or among the
    // `*mmproj*.gguf` files beside the text model.
    std::filesystem::path projector{};
};

struct TensorTypeUse {
    std::string type;  // "Q4_K"
    std::uint32_t tensors = 0;
    std::uint64_t bytes = 0;
};

// What a model file says of itself. Read without a device.
struct ModelInfo {
    std::string name;              // general.name, or the folder's or file's name
    std::string architecture;      // "gemma3n", "gemma3"
    bool isDemonstration = false;  // the small model that the application embeds
    std::uint32_t layers = 0;
    std::uint32_t hiddenSize = 0;
    std::uint32_t contextLength = 0;
    std::uint32_t vocabularySize = 0;
    std::uint64_t parameters = 0;  // of the text model, stored ones
    std::uint64_t fileBytes = 0;
    std::uint64_t deviceWeightBytes = 0;       // what the device must hold for the weights
    std::uint64_t perLayerEmbeddingBytes = 0;  // stays in the file
    std::uint64_t kvBytesAtFullContext = 0;
    ModelSizes sizes;                    // empty where tensors are missing
    std::vector<TensorTypeUse> tensors;  // of the text model
    std::vector<std::string> missing;    // one sentence each; loading would fail with the first
    bool hasTokenizer = false;
    bool hasVision = false;
    std::filesystem::path visionPath;  // where the encoder lies, if there is one
    std::uint32_t imageSize = 0;       // pixels: pictures are squashed to a square of this side
    std::uint32_t imageTokens = 0;     // rows that a picture becomes
    std::string visionHint;            // if there is none: a sentence that says which file to add
    bool hasAudio = false;
    std::filesystem::path audioPath;  // the same for the encoder for sound
    std::uint32_t audioTokens = 0;    // rows that a clip becomes
    std::string audioHint;
};

struct LoadProgress {
    std::uint64_t bytesDone = 0;
    std::uint64_t bytesTotal = 0;
};

// Weights, tokenizer and configuration. Immutable once loaded, so any number of threads and
// sessions may share it.
class Model {
public:
    // Called on the loading thread, at least every 16 MiB.
    using Progress = std::function<void(const LoadProgress&)>;

    // Fails as load() does, but for tensors that are missing.
    static Result<ModelInfo> inspect(const ModelPaths& paths);

    // Checks every file whole before it uploads anything, so a wrong file fails fast and names what
    // is wrong. An encoder that was found, not chosen, and is no good is no error: the model then
    // has none, and a hint says why. Stops within 0.2 s with Cancelled; then nothing is left on
    // the device.
    static Result<std::shared_ptr<const Model>> load(std::shared_ptr<Device> device,
                                                     const ModelPaths& paths,
                                                     const Progress& progress,
                                                     const std::stop_token& stop);

    ~Model();

    const ModelInfo& info() const noexcept;
    const Device& device() const noexcept;

    // The nested sizes that a session may be set to.
    const ModelSizes& sizes() const noexcept { return info().sizes; }

    // What a size means, the caller's own ones too. Fails with InvalidInput, in a sentence that
    // names the layer, where the file cannot be run at this size.
    Result<SizeInfo> describeSize(const ModelSize& size) const;

    // The size whose parameters are closest to this fraction of the whole model's: between the
    // sizes of the file, layers are taken over from the larger one, the last ones first. Fails with
    // InvalidInput below the smallest.
    Result<SizeInfo> sizeOfFraction(double fraction) const;

    // A size by its name, "whole" always being one, or by a fraction such as "0.75".
    Result<SizeInfo> findSize(std::string_view text) const;

    // A size of another list than the file's own (see ARCHITECTURE.md). `name` may be empty where
    // the list has but one.
    Result<SizeInfo> readSize(const std::filesystem::path& list, std::string_view name) const;

    // What turns pictures into what the model reads; null if it has none.
    const std::shared_ptr<const VisionEncoder>& vision() const noexcept;

    // The same for sound.
    const std::shared_ptr<const AudioEncoder>& audio() const noexcept;

    // Plain text to ids, as a person typed it: never a control token, no <bos>. Fails with
    // UnsupportedModel if the files hold no tokenizer.
    Result<std::vector<TokenId>> tokenize(std::string_view text) const;

    // For the engine's own use.
    struct State;
    const State& state() const noexcept { return *m_state; }

private:
    explicit Model(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

// Only the tokenizer of the model at `path`: no weights, no device.
Result<std::vector<std::vector<TokenId>>> tokenizeAll(const std::filesystem::path& path,
                                                      const std::vector<std::string>& texts);

}  // namespace engine
