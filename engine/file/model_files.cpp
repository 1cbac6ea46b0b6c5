#include "engine/file/model_files.h"

#include <system_error>
#include <utility>

#include "engine/file/byte_reader.h"
#include "engine/file/gguf.h"
#include "engine/file/json_text.h"
#include "engine/file/mapped_file.h"
#include "engine/file/safetensors.h"

namespace engine::file {

namespace {

constexpr std::size_t kMaxConfigBytes = 16U << 20;

// The text of a JSON file, valid and an object.
Result<std::string> readJsonText(const std::filesystem::path& path)
{
    ENGINE_TRY(const auto file, MappedFile::open(path));
    if (file->bytes().size() > kMaxConfigBytes)
        return Error{ErrorCode::InvalidFile, path.string() + " is too large for a configuration."};
    const std::string_view text = asText(file->bytes());
    ENGINE_TRY(const auto ignored, parseJsonObject(text, path.string(), DuplicateKeys::LastCounts));
    static_cast<void>(ignored);
    return std::string(text);
}

Result<ModelFiles> openFolder(const std::filesystem::path& folder)
{
    std::error_code ignored;
    ModelFiles model;
    model.format = Format::HuggingFace;
    model.path = folder;

    const auto config = folder / "config.json";
    if (!std::filesystem::exists(config, ignored))
        return Error{ErrorCode::InvalidFile,
                     folder.string() + " is not a model: it has no config.json."};
    ENGINE_TRY(model.configJson, readJsonText(config));

    const auto generation = folder / "generation_config.json";
    if (std::filesystem::exists(generation, ignored)) {
        ENGINE_TRY(model.generationConfigJson, readJsonText(generation));
    }
    const auto preprocessor = folder / "preprocessor_config.json";
    if (std::filesystem::exists(preprocessor, ignored)) {
        ENGINE_TRY(model.preprocessorConfigJson, readJsonText(preprocessor));
    }
    const auto tokenizer = folder / "tokenizer.model";
    if (std::filesystem::exists(tokenizer, ignored))
        model.tokenizerModel = tokenizer;

    ENGINE_TRY(model.tensors, openSafetensorsFolder(folder));
    return model;
}

}  // namespace

Result<ModelFiles> openModelFiles(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return openFolder(path);
    if (path.extension() == ".safetensors" && std::filesystem::exists(path, ignored))
        return Error{ErrorCode::InvalidFile,
                     path.string() + " is a part of a model: open the folder that it lies in."};
    return openGguf(path);
}

}  // namespace engine::file
