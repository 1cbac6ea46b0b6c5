#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/file/tensor_type.h"

namespace tests {

// A model with every part of its architecture and random weights. The defaults: layers 2 and 5 are
// full, layer 4 borrows from 3 and layer 5 from 2, layers 0 and 1 are sparse.
struct TinyModelOptions {
    engine::decoder::Architecture architecture = engine::decoder::Architecture::Gemma3n;
    std::uint64_t seed = 1;

    // Of matrices and tables; those whose rows are not whole blocks are F16, vectors F32.
    engine::file::TensorType matrixType = engine::file::TensorType::F32;

    std::uint32_t layers = 6;
    std::uint32_t fullPeriod = 3;      // every third layer is full
    std::uint32_t sharedKvLayers = 2;  // Gemma 3n
    std::uint32_t sparseLayers = 2;    // Gemma 3n
    std::uint32_t hidden = 64;
    std::uint32_t heads = 4;
    std::uint32_t kvHeads = 2;
    std::uint32_t headDim = 16;
    std::uint32_t ffn = 128;
    std::uint32_t window = 8;
    std::uint32_t context = 512;
    std::uint32_t textVocabulary = 320;  // at least 302
    std::uint32_t vocabulary = 352;      // Gemma 3n; Gemma 3 has text pieces only
    std::uint32_t altupInputs = 4;
    std::uint32_t laurelRank = 8;
    std::uint32_t perLayerInput = 16;
    bool keepsBorrowedKeys = true;  // write k and v of layers that borrow, as older files do
};

struct TinyTensor {
    std::string name;                  // as in spec 01 §3.1, without prefix
    std::vector<std::uint64_t> shape;  // outermost first
    engine::file::TensorType type = engine::file::TensorType::F32;
};

struct FolderOptions {
    std::string prefix = "model.";  // before every name; the config is nested if it is longer
    std::size_t shards = 1;
    std::filesystem::path tokenizerModel{};  // copied into the folder, if given
};

// Writes one and the same model as GGUF and as a Hugging Face folder. Weights depend on the seed
// and on names alone. Tensors can be removed, renamed and reshaped before writing.
class TinyModel {
public:
    explicit TinyModel(const TinyModelOptions& options = {});

    const TinyModelOptions& options() const noexcept { return m_options; }
    std::vector<TinyTensor>& tensors() noexcept { return m_tensors; }
    TinyTensor& tensor(const std::string& name);

    // The numbers that the tensor stands for: what the engine computes with, so norms are plain w.
    std::vector<float> values(const std::string& name) const;

    void writeGguf(const std::filesystem::path& path) const;
    // Writes stem-0000N-of-0000M.gguf and returns the first.
    std::filesystem::path writeGgufSet(const std::filesystem::path& folder, std::size_t files,
                                       const std::string& stem = "tiny") const;
    // Block types become the F32 values that they stand for; Gemma 3's norms are stored as w - 1.
    void writeFolder(const std::filesystem::path& folder, const FolderOptions& options = {}) const;

private:
    std::vector<std::byte> bytesOf(const TinyTensor& tensor) const;
    std::vector<float> valuesOf(const TinyTensor& tensor) const;
    std::string configJson(bool isNested) const;

    TinyModelOptions m_options;
    std::vector<TinyTensor> m_tensors;
};

}  // namespace tests
