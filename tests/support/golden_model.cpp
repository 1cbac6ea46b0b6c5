#include "tests/support/golden_model.h"

#include <algorithm>

namespace tests {

namespace {

// Puts streams [groups × rows × hidden] of a chunk in their place among those of `total` rows.
void placeStreams(std::vector<float>& all, std::span<const float> chunk, std::size_t hidden,
                  std::size_t total, std::size_t firstRow, std::size_t rows)
{
    const std::size_t groups = chunk.size() / (rows * hidden);
    all.resize(groups * total * hidden);
    for (std::size_t group = 0; group < groups; ++group) {
        const std::span<const float> source = chunk.subspan(group * rows * hidden, rows * hidden);
        const std::size_t place = (group * total + firstRow) * hidden;
        std::copy(source.begin(), source.end(), all.begin() + static_cast<std::ptrdiff_t>(place));
    }
}

}  // namespace

engine::Result<GoldenModel> GoldenModel::load(std::shared_ptr<engine::Device> device,
                                              const std::filesystem::path& setFolder)
{
    GoldenModel result;
    ENGINE_TRY(result.m_set, readGoldenSet(setFolder));
    ENGINE_TRY_VOID(result.loadFolder(std::move(device)));
    return result;
}

engine::Result<GoldenModel> GoldenModel::loadNested(std::shared_ptr<engine::Device> device,
                                                    const std::filesystem::path& setFolder)
{
    GoldenModel result;
    ENGINE_TRY(result.m_set, readGoldenSet(setFolder));
    result.m_size = {"nested", widenLayers(result.m_set), {}};
    ENGINE_TRY_VOID(result.loadFolder(std::move(device)));
    return result;
}

engine::Result<void> GoldenModel::loadFolder(std::shared_ptr<engine::Device> device)
{
    m_folder = std::make_unique<QTemporaryDir>();
    const std::filesystem::path folder = m_folder->path().toStdString();
    ENGINE_TRY_VOID(writeModelFolder(m_set, folder));
    ENGINE_TRY(m_model, engine::Model::load(std::move(device), {folder}, {}, {}));
    return {};
}

engine::Result<engine::Session> GoldenModel::startSession(std::uint32_t contextLength,
                                                          engine::Kernels kernels,
                                                          engine::CachePrecision cache) const
{
    engine::SessionOptions options;
    options.contextLength = contextLength;
    options.kernels = kernels;
    options.cache = cache;
    ENGINE_TRY(engine::Session session, engine::Session::create(m_model, options));
    if (!m_size.ffnWidths.empty())
        ENGINE_TRY_VOID(session.setSize(m_size, engine::CacheAtSwitch::ReadAgain));
    return session;
}

engine::Result<Evaluation> GoldenModel::evaluate(engine::Session& session,
                                                 std::span<const std::uint32_t> ids,
                                                 std::uint32_t chunk, bool withStreams) const
{
    Evaluation evaluation;
    const std::uint32_t start = session.length();
    std::size_t rowsSeen = 0;
    bool isInOrder = true;
    const auto take = [&](const engine::EvaluatedChunk& part) {
        isInOrder = isInOrder && part.firstPosition == start + rowsSeen && part.rows > 0 &&
                    part.rows <= chunk && rowsSeen + part.rows <= ids.size() &&
                    part.logits.size() == part.rows * m_set.vocabulary &&
                    part.streams.empty() == !withStreams;
        if (!isInOrder)
            return;
        evaluation.logits.insert(evaluation.logits.end(), part.logits.begin(), part.logits.end());
        if (withStreams)
            placeStreams(evaluation.streams, part.streams, m_set.hidden, ids.size(), rowsSeen,
                         part.rows);
        rowsSeen += part.rows;
    };
    ENGINE_TRY_VOID(session.evaluate(ids, chunk, withStreams, take, {}));
    if (!isInOrder || rowsSeen != ids.size() || session.length() != start + ids.size())
        return engine::Error{engine::ErrorCode::InvalidInput,
                             "The chunks of the evaluation do not follow one another."};
    return evaluation;
}

std::shared_ptr<engine::Device> openDevice()
{
    auto device = engine::Device::open();
    if (device)
        return *device;
    if (qEnvironmentVariableIntValue("REQUIRE_VULKAN") == 1)
        qFatal("REQUIRE_VULKAN is set, but: %s", device.error().message.c_str());
    return nullptr;
}

}  // namespace tests
