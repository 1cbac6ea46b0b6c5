#include <QTest>

#include "engine/decoder/activations.h"
#include "engine/decoder/config.h"
#include "engine/decoder/kv_cache.h"
#include "tests/support/gpu_test.h"

using engine::CachePrecision;
using engine::decoder::Activations;
using engine::decoder::DecoderConfig;
using engine::decoder::KvCache;

namespace {

// The text model of E2B: a file that leaves out whatever has a default.
DecoderConfig e2b()
{
    engine::file::ModelFiles files;
    files.path = "model.gguf";
    auto& values = files.metadata.values;
    values["general.architecture"] = std::string("gemma3n");
    values["gemma3n.block_count"] = std::uint64_t{30};
    values["gemma3n.feed_forward_length"] = std::uint64_t{8192};
    files.tensors.tensors["token_embd.weight"].shape = {262144, 2048};
    auto config = engine::decoder::readDecoderConfig(files);
    if (!config)
        qFatal("%s", config.error().message.c_str());
    return *std::move(config);
}

}  // namespace

// What a session of the published shape takes of a device's memory.
class MemoryTest : public QObject {
    Q_OBJECT

private slots:
    void aTokenBeyondTheWindowTakesWhatGlobalLayersKeep();
    void sessionsTakeLittleBesideTheCache();
};

// Four of the twenty layers with a cache see everything: two heads of 256 keys and as many values
// in 16 bits, each.
void MemoryTest::aTokenBeyondTheWindowTakesWhatGlobalLayersKeep()
{
    const DecoderConfig config = e2b();
    const auto bytes = [&](std::uint32_t capacity) {
        return KvCache::bytesFor(config, capacity, CachePrecision::Half);
    };
    QCOMPARE(bytes(4097) - bytes(4096), std::uint64_t{8192});
    QCOMPARE(bytes(32768) - bytes(4096), std::uint64_t{8192} * (32768 - 4096));
}

void MemoryTest::sessionsTakeLittleBesideTheCache()
{
    const auto gpu = tests::GpuTest::create();
    if (!gpu)
        QSKIP("no Vulkan device");
    constexpr std::uint32_t kRows = 256;  // of a chunk of prefill
    const std::uint64_t before = gpu->context().allocatedBytes();
    const auto activations = Activations::create(gpu->context(), e2b(), kRows);
    QVERIFY2(activations, activations ? "" : activations.error().message.c_str());
    const std::uint64_t taken = gpu->context().allocatedBytes() - before;
    qInfo("%.1f MB", static_cast<double>(taken) / 1e6);
    QVERIFY(taken >= activations->bytes());
    QVERIFY(taken <= 300'000'000);
}

QTEST_GUILESS_MAIN(MemoryTest)
#include "memory_test.moc"
