#include "engine/projector.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace engine {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view kTextAlone =
    "This model reads text alone. Models that see pictures are Gemma 3n E2B and E4B.";

// The matrix that makes rows of the text model's width, in GGUF files and in folders.
constexpr std::array<std::string_view, 3> kProjections{
    "mm.input_projection.weight", "model.embed_vision.embedding_projection.weight",
    "embed_vision.embedding_projection.weight"};

std::optional<std::uint64_t> rowWidth(const file::ModelFiles& files)
{
    for (const std::string_view name : kProjections) {
        const file::StoredTensor* tensor = files.tensors.find(name);
        if (tensor != nullptr && !tensor->shape.empty())
            return tensor->shape.front();
    }
    return std::nullopt;
}

// Whether the file has encoders for this model.
Result<void> checkFit(const Path& path, const decoder::DecoderConfig& config)
{
    ENGINE_TRY(const auto files, file::openModelFiles(path));
    const auto width = rowWidth(files);
    if (!width)
        return Error{ErrorCode::InvalidFile,
                     path.string() + " holds no encoder for pictures: take the model's mmproj "
                                     "file."};
    if (*width != config.hiddenSize)
        return Error{ErrorCode::InvalidFile,
                     path.string() + " belongs to another model: its rows have " +
                         std::to_string(*width) + " elements, and this model's " +
                         std::to_string(config.hiddenSize) + ". Take the model's own mmproj file."};
    return {};
}

std::string lowerCase(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(c < 0x80 ? std::tolower(c) : c);
    });
    return text;
}

bool isNamedProjector(const Path& path)
{
    const std::string name = lowerCase(path.filename().string());
    return name.ends_with(".gguf") && name.find("mmproj") != std::string::npos;
}

// The letters and digits between other characters.
std::set<std::string> wordsOf(const Path& path)
{
    std::set<std::string> words;
    std::string word;
    for (const char c : lowerCase(path.stem().string()) + " ") {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            word += c;
        else if (!word.empty())
            words.insert(std::exchange(word, {}));
    }
    return words;
}

std::size_t sharedWords(const Path& one, const Path& other)
{
    const auto words = wordsOf(one);
    const auto others = wordsOf(other);
    return static_cast<std::size_t>(
        std::count_if(words.begin(), words.end(),
                      [&](const std::string& word) { return others.contains(word); }));
}

// In the order of their names.
std::vector<Path> projectorsIn(const Path& folder)
{
    std::vector<Path> paths;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::error_code ignored;
        if (isNamedProjector(entry->path()) && entry->is_regular_file(ignored))
            paths.push_back(entry->path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

Projector searchBeside(const file::ModelFiles& text, const decoder::DecoderConfig& config)
{
    const bool isFolder = text.format == file::Format::HuggingFace;
    const Path folder = isFolder ? text.path : text.path.parent_path();
    std::vector<Path> fitting;
    std::string problem;
    for (const Path& path : projectorsIn(folder.empty() ? Path(".") : folder)) {
        if (const auto fits = checkFit(path, config))
            fitting.push_back(path);
        else if (problem.empty())
            problem = fits.error().message;
    }
    if (!fitting.empty()) {
        const auto best =
            std::max_element(fitting.begin(), fitting.end(), [&](const Path& a, const Path& b) {
                return sharedWords(a, text.path) < sharedWords(b, text.path);
            });
        return {*best, {}};
    }
    if (problem.empty())
        problem = "This model came without its encoder for pictures: put its mmproj file, such as "
                  "mmproj-F16.gguf, into the model's folder.";
    return {{}, problem};
}

}  // namespace

Result<Projector> findProjector(const ModelPaths& paths, const file::ModelFiles& text,
                                const decoder::DecoderConfig& config)
{
    const bool takesMedia = config.media.image.has_value();
    if (!paths.projector.empty()) {
        if (!takesMedia)
            return Error{ErrorCode::UnsupportedModel, std::string(kTextAlone)};
        ENGINE_TRY_VOID(checkFit(paths.projector, config));
        return Projector{paths.projector, {}};
    }
    if (!takesMedia)
        return Projector{{}, std::string(kTextAlone)};
    if (rowWidth(text))
        return Projector{text.path, {}};
    return searchBeside(text, config);
}

}  // namespace engine
