#include "tests/support/golden_audio.h"

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "tests/support/safetensors_reader.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wave_file.h"

namespace tests {

namespace {

using nlohmann::json;

engine::Result<json> readConfig(const std::filesystem::path& path)
{
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    json config = json::parse(text, nullptr, false);
    if (!config.is_object() || !config.contains("audio_config") || !config.contains("cases"))
        return engine::Error{engine::ErrorCode::InvalidFile,
                             path.string() + " is not the configuration of a set for sound."};
    return config;
}

GoldenAudio::Case readCase(const json& config, std::size_t index, const GoldenAudio& set,
                           const SafetensorsReader& expected)
{
    const std::string suffix = "." + std::to_string(index);
    GoldenAudio::Case result;
    result.clip = config["clip"];
    result.mel = expected.floats("mel" + suffix);
    result.softTokens = expected.floats("soft_tokens" + suffix);
    result.rows = config["soft_tokens"];
    result.blockEvery = config["block_every"].at(0);
    result.blocks.push_back(expected.floats("block.front" + suffix));
    for (std::size_t layer = 0; layer < set.layers; ++layer)
        result.blocks.push_back(expected.floats("block." + std::to_string(layer) + suffix));
    return result;
}

}  // namespace

engine::Result<GoldenAudio> readGoldenAudio(const std::filesystem::path& folder)
{
    ENGINE_TRY(const json config, readConfig(folder / "config.json"));
    const auto path = folder / "expected.safetensors";
    ENGINE_TRY(const SafetensorsReader expected, SafetensorsReader::open(path));

    GoldenAudio set;
    set.name = config["set"];
    set.isBf16 = config.value("weights_dtype", "") == "bf16";
    set.configJson = config.dump(2);
    set.tensors = readSeededTensors(config);
    set.softTokensPerClip = config["soft_tokens_per_clip"];
    set.layers = config["audio_config"]["conf_num_hidden_layers"];
    set.hidden = config["audio_config"]["hidden_size"];
    set.textHidden = config["text_hidden_size"];
    set.endOfAudio = expected.floats("end_of_audio");
    set.padding = expected.floats("padding");

    for (const json& entry : config["cases"]) {
        auto golden = readCase(entry, set.cases.size(), set, expected);
        golden.samples = readWave(folder / golden.clip);
        if (golden.samples.size() != entry["samples"] || golden.mel.empty() ||
            golden.softTokens.size() != golden.rows * set.textHidden)
            return engine::Error{engine::ErrorCode::InvalidFile,
                                 path.string() + " or a clip beside it is not what is promised."};
        set.cases.push_back(std::move(golden));
    }
    return set;
}

engine::Result<void> writeEncoderFolder(const GoldenAudio& set, const std::filesystem::path& folder)
{
    return writeSeededFolder(set.name, set.tensors, set.isBf16, set.configJson, folder);
}

engine::Result<std::shared_ptr<const engine::AudioEncoder>>
loadGoldenAudio(std::shared_ptr<engine::Device> device, const GoldenAudio& set)
{
    const TemporaryFolder folder;
    ENGINE_TRY_VOID(writeEncoderFolder(set, folder.path()));
    return engine::AudioEncoder::load(std::move(device), folder.path(), {}, {});
}

}  // namespace tests
