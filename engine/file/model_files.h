#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/file/tensor_table.h"
#include "engine/result.h"

namespace engine::file {

// One metadata value of a GGUF file; integers of every width become int64 or uint64.
using MetadataValue =
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<bool>,
                 std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>;

// Key → value of a GGUF file (spec 01 §4.1), of the first file of a split set.
class Metadata {
public:
    std::map<std::string, MetadataValue, std::less<>> values;

    // nullopt where the key is absent or of a kind that cannot be read so. Numbers are read from
    // any numeric type, reals rounded (`shared_kv_layers` is a float in published files).
    std::optional<std::int64_t> integer(std::string_view key) const;
    std::optional<double> real(std::string_view key) const;
    std::optional<std::string> text(std::string_view key) const;
    // A scalar is read as a list of one.
    std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
    std::optional<std::vector<double>> reals(std::string_view key) const;
    std::optional<std::vector<bool>> booleans(std::string_view key) const;
    const std::vector<std::string>* texts(std::string_view key) const;
};

enum class Format { Gguf, HuggingFace };

// A model as it lies on disk: names and shapes checked against the files, nothing interpreted.
struct ModelFiles {
    Format format = Format::Gguf;
    std::filesystem::path path;  // as the caller gave it
    TensorTable tensors;
    Metadata metadata;                     // GGUF only
    std::string configJson;                // HuggingFace only: the text of config.json, valid JSON
    std::string generationConfigJson;      // HuggingFace only: valid JSON, or empty
    std::string preprocessorConfigJson;    // HuggingFace only: valid JSON, or empty
    std::filesystem::path tokenizerModel;  // HuggingFace only: empty if the folder has none
};

// Opens a GGUF file (any one of a split set: the others are found beside it) or a Hugging Face
// folder (config.json with model.safetensors, or shards by model.safetensors.index.json). Fails
// with InvalidFile or UnsupportedModel, naming the file and what is wrong with it.
Result<ModelFiles> openModelFiles(const std::filesystem::path& path);

}  // namespace engine::file
