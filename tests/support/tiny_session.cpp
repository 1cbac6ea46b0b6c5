#include "tests/support/tiny_session.h"

#include "engine/decoder/tensor_plan.h"
#include "tests/reference/decoder.h"
#include "tests/support/temporary_folder.h"

namespace tests {

std::shared_ptr<const engine::Model> loadTiny(std::shared_ptr<engine::Device> device,
                                              const TinyModel& model)
{
    const TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    return must(engine::Model::load(std::move(device), {folder / "tiny.gguf"}, {}, {}));
}

engine::Session startSession(std::shared_ptr<const engine::Model> model,
                             const engine::SessionOptions& options)
{
    return must(engine::Session::create(std::move(model), options));
}

engine::Result<std::vector<float>> logitsOf(engine::Session& session,
                                            std::span<const std::uint32_t> ids, std::uint32_t chunk)
{
    std::vector<float> logits;
    ENGINE_TRY_VOID(session.evaluate(ids, chunk, false,
                                     [&logits](const engine::EvaluatedChunk& part) {
                                         logits.insert(logits.end(), part.logits.begin(),
                                                       part.logits.end());
                                     },
                                     {}));
    return logits;
}

engine::SamplingOptions greedy(std::uint32_t maxTokens)
{
    engine::SamplingOptions options;
    options.temperature = 0.0F;
    options.maxTokens = maxTokens;
    return options;
}

std::vector<float> referenceLogits(const std::filesystem::path& model,
                                   std::span<const std::uint32_t> ids)
{
    const auto files = must(engine::file::openModelFiles(model));
    const auto config = must(engine::decoder::readDecoderConfig(files));
    const auto sources = must(engine::decoder::planTensors(config, files));
    return reference::forward(config, reference::readWeights(sources), ids).logits;
}

}  // namespace tests
