#include "engine/projector.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/audio/sources.h"
#include "engine/audio/tensor_names.h"
#include "engine/encoders.h"
#include "engine/vision/sources.h"

namespace engine {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view kTextAlone =
    "This model reads text alone. Models that see pictures are Gemma 3n E2B and E4B.";

bool isOfVision(std::string_view name)
{
    const bool isOfSound = name.starts_with("mm.a.");
    return name.starts_with("v.") || (name.starts_with("mm.") && !isOfSound) ||
           name.find("vision_tower.") != std::string_view::npos ||
           name.find("embed_vision.") != std::string_view::npos;
}

// The encoder in the files, if it is whole and makes rows for this model.
Result<Projector> readEncoder(const file::ModelFiles& files, const decoder::DecoderConfig& config)
{
    const std::string path = files.path.string();
    if (!vision::hasVisionEncoder(files.tensors))
        return Error{ErrorCode::InvalidFile,
                     path + " holds no encoder for pictures: take the model's mmproj file."};
    ENGINE_TRY(const auto vision, vision::readVisionConfig(files));
    ENGINE_TRY(const auto network, vision::findNetwork(files, vision));
    const std::uint32_t width = network.projection.outputs;
    if (width != config.hiddenSize)
        return Error{ErrorCode::InvalidFile,
                     path + " belongs to another model: its rows have " + std::to_string(width) +
                         " elements, and this model's " + std::to_string(config.hiddenSize) +
                         ". Take the model's own mmproj file."};
    Projector projector{files.path, {}, vision.imageSize, vision.softTokens, 0};
    for (const auto& [name, tensor] : files.tensors.tensors)
        projector.bytes += isOfVision(name) ? tensor.bytes.size() : 0;
    return projector;
}

Result<Projector> readEncoder(const Path& path, const decoder::DecoderConfig& config)
{
    ENGINE_TRY(const auto files, file::openModelFiles(path));
    return readEncoder(files, config);
}

bool isOfSound(std::string_view name)
{
    return name.starts_with("a.") || name.starts_with("mm.a.") ||
           name.find("audio_tower.") != std::string_view::npos ||
           name.find("embed_audio.") != std::string_view::npos;
}

// The encoder for sound in the files, if it is whole and makes rows for this model.
Result<SoundProjector> readSoundEncoder(const file::ModelFiles& files,
                                        const decoder::DecoderConfig& config)
{
    ENGINE_TRY(const auto audio, audio::readAudioConfig(files));
    ENGINE_TRY_VOID(audio::findTensors(audio, files));
    if (audio.textHiddenSize != config.hiddenSize)
        return Error{ErrorCode::InvalidFile,
                     files.path.string() + " belongs to another model: its rows have " +
                         std::to_string(audio.textHiddenSize) + " elements, and this model's " +
                         std::to_string(config.hiddenSize) + ". Take the model's own mmproj file."};
    SoundProjector projector{files.path, {}, audio.softTokensPerClip, 0};
    for (const auto& [name, tensor] : files.tensors.tensors)
        projector.bytes += isOfSound(name) ? tensor.bytes.size() : 0;
    return projector;
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
    std::vector<Projector> fitting;
    std::string problem;
    for (const Path& path : projectorsIn(folder.empty() ? Path(".") : folder)) {
        if (auto encoder = readEncoder(path, config))
            fitting.push_back(*std::move(encoder));
        else if (problem.empty())
            problem = encoder.error().message;
    }
    if (!fitting.empty())
        return *std::max_element(
            fitting.begin(), fitting.end(), [&](const Projector& a, const Projector& b) {
                return sharedWords(a.path, text.path) < sharedWords(b.path, text.path);
            });
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
        return readEncoder(paths.projector, config);
    }
    if (!takesMedia)
        return Projector{{}, std::string(kTextAlone)};
    if (vision::hasVisionEncoder(text.tensors)) {
        auto encoder = readEncoder(text, config);
        return encoder ? *std::move(encoder) : Projector{{}, encoder.error().message};
    }
    return searchBeside(text, config);
}

SoundProjector findSoundProjector(const ModelPaths& paths, const file::ModelFiles& text,
                                  const decoder::DecoderConfig& config, const Projector& pictures)
{
    if (!config.media.sound)
        return {{}, "This model hears no sound. Models that do are Gemma 3n E2B and E4B."};
    const bool isFolder = text.format == file::Format::HuggingFace;
    const Path path = !paths.projector.empty() ? paths.projector : pictures.path;
    if (path.empty() && !isFolder)
        return {{},
                "This model came without its encoder for sound: put its mmproj file, such as "
                "mmproj-F16.gguf, into the model's folder."};
    const auto read = [&]() -> Result<SoundProjector> {
        if (path.empty() || path == text.path)
            return readSoundEncoder(text, config);
        ENGINE_TRY(const auto files, file::openModelFiles(path));
        return readSoundEncoder(files, config);
    };
    auto projector = read();
    return projector ? *std::move(projector) : SoundProjector{{}, projector.error().message};
}

Result<std::filesystem::path> findEncoders(const ModelPaths& paths)
{
    if (!paths.projector.empty())
        return paths.projector;
    ENGINE_TRY(const auto files, file::openModelFiles(paths.path));
    const audio::TensorNames soundNames(files);
    if (vision::hasVisionEncoder(files.tensors) ||
        files.tensors.find(soundNames.embedder("embedding_projection.weight")) != nullptr)
        return paths.path;
    ENGINE_TRY(const ModelInfo info, Model::inspect(paths));
    if (info.visionPath.empty())
        return Error{ErrorCode::InvalidInput, info.visionHint};
    return info.visionPath;
}

}  // namespace engine
