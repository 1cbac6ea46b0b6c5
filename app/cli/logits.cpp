#include <algorithm>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/output.h"
#include "app/cli/safetensors_writer.h"
#include "app/cli/sizes.h"
#include "app/cli/text_file.h"
#include "engine/session.h"

namespace app::cli {
namespace {

using engine::TokenId;

engine::Error badIds(const std::filesystem::path& path, const std::string& problem)
{
    return {engine::ErrorCode::InvalidInput, displayName(path) + " " + problem};
}

// A JSON array of ids, or an object that holds it as `ids`.
engine::Result<std::vector<TokenId>> readIds(const std::filesystem::path& path)
{
    ENGINE_TRY(const std::string text, readText(path));
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded())
        return badIds(path, "is not valid JSON.");
    if (json.is_object() && json.contains("ids"))
        json = Json(json["ids"]);
    if (!json.is_array())
        return badIds(path, "is neither an array of token ids nor an object with ids.");
    if (json.empty())
        return badIds(path, "holds no token ids.");

    std::vector<TokenId> ids;
    ids.reserve(json.size());
    for (const Json& id : json) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() > UINT32_MAX) {
            return badIds(path, "has " + id.dump() + " as element " + std::to_string(ids.size()) +
                                    ", which is no token id.");
        }
        ids.push_back(id.get<TokenId>());
    }
    return ids;
}

engine::Result<void> checkIds(const std::filesystem::path& path, const std::vector<TokenId>& ids,
                              const engine::ModelInfo& info)
{
    if (ids.size() > info.contextLength) {
        return badIds(path, "holds " + std::to_string(ids.size()) + " token ids, more than the " +
                                std::to_string(info.contextLength) + " of the model's context.");
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] >= info.vocabularySize) {
            return badIds(path, "has " + std::to_string(ids[i]) + " as element " +
                                    std::to_string(i) + ", and the vocabulary has " +
                                    std::to_string(info.vocabularySize) + " tokens.");
        }
    }
    return {};
}

// Puts each chunk where it belongs in the file. Sizes come with the first chunk.
class ChunkWriter {
public:
    ChunkWriter(SafetensorsWriter& file, std::uint64_t tokens, const engine::ModelInfo& info)
        : m_file(file)
        , m_tokens(tokens)
        , m_layers(info.layers)
        , m_hidden(info.hiddenSize)
    {
    }

    void take(const engine::EvaluatedChunk& chunk)
    {
        if (m_result)
            m_result = write(chunk);
    }

    engine::Result<void> result() const { return m_result; }

private:
    engine::Result<void> write(const engine::EvaluatedChunk& chunk)
    {
        const std::uint64_t vocabulary = chunk.logits.size() / chunk.rows;
        const std::uint64_t planes = chunk.streams.size() / (chunk.rows * m_hidden);
        if (chunk.firstPosition == 0)
            ENGINE_TRY_VOID(begin(vocabulary, planes));
        ENGINE_TRY_VOID(m_file.write(0, chunk.firstPosition * vocabulary, chunk.logits));
        const std::uint64_t planeSize = chunk.rows * m_hidden;
        for (std::uint64_t plane = 0; plane < planes; ++plane) {
            ENGINE_TRY_VOID(m_file.write(1, (plane * m_tokens + chunk.firstPosition) * m_hidden,
                                         chunk.streams.subspan(plane * planeSize, planeSize)));
        }
        return {};
    }

    // A plane is one stream before one layer: [tokens × hidden].
    engine::Result<void> begin(std::uint64_t vocabulary, std::uint64_t planes)
    {
        std::vector<FloatTensor> tensors{{"logits", {m_tokens, vocabulary}}};
        if (planes != 0)
            tensors.push_back({"streams", {m_layers, planes / m_layers, m_tokens, m_hidden}});
        return m_file.begin(tensors);
    }

    SafetensorsWriter& m_file;
    std::uint64_t m_tokens;
    std::uint64_t m_layers;
    std::uint64_t m_hidden;
    engine::Result<void> m_result;
};

}  // namespace

engine::Result<void> runLogits(const CommonOptions& common, const LogitsOptions& options,
                               Interrupts& interrupts)
{
    constexpr std::uint32_t kMostRows = 256;
    if (options.chunk < 1 || options.chunk > kMostRows)
        return engine::Error{engine::ErrorCode::InvalidInput, "--chunk must be from 1 to 256."};
    ENGINE_TRY(const std::vector<TokenId> ids, readIds(options.ids));
    ENGINE_TRY(SafetensorsWriter file, SafetensorsWriter::create(options.output));

    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(auto model, loadModel(common, stop));
    ENGINE_TRY_VOID(checkIds(options.ids, ids, model->info()));
    const auto count = static_cast<std::uint32_t>(ids.size());
    const std::uint32_t rows = std::min(options.chunk, count);
    engine::SessionOptions sessionOfAll = sessionOptions(common);
    sessionOfAll.contextLength = count;
    sessionOfAll.prefillChunk = rows;
    sessionOfAll.cache = engine::CachePrecision::Single;  // for the last digits
    ENGINE_TRY(auto session, engine::Session::create(model, sessionOfAll));
    ENGINE_TRY_VOID(setSize(session, *model, options.size));

    ChunkWriter writer(file, count, model->info());
    ENGINE_TRY_VOID(session.evaluate(
        ids, rows, options.withStreams,
        [&writer](const engine::EvaluatedChunk& chunk) { writer.take(chunk); }, stop));
    ENGINE_TRY_VOID(writer.result());
    return file.finish();
}

}  // namespace app::cli
