#include <QTest>

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

#include <QCoreApplication>
#include <QProcess>

#include "engine/gpu/context.h"
#include "tests/support/golden_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using tests::must;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;

// 1 GB: 740 MB of matrices in Q8_0 or half of it in F16, and a per-layer table of 300 MB.
tests::TinyModelOptions gigabyteOptions(engine::file::TensorType type)
{
    tests::TinyModelOptions options;
    options.matrixType = type;
    options.layers = 12;
    options.hidden = 1024;
    options.heads = 8;
    options.headDim = 128;
    options.ffn = type == engine::file::TensorType::Q8_0 ? 16384 : 8192;
    options.perLayerInput = 256;
    options.textVocabulary = type == engine::file::TensorType::Q8_0 ? 100000 : 50000;
    options.vocabulary = options.textVocabulary + 2;
    return options;
}

// Peak resident memory of this process so far.
std::uint64_t peakResidentBytes()
{
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with("VmHWM:"))
            return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
}

// What the child prints: bytes on the device, bytes of the per-layer table, peak resident bytes.
int loadAndReport(const std::filesystem::path& path)
{
    const auto device = must(engine::Device::open());
    const auto model = must(engine::Model::load(device, {path}, {}, {}));
    std::cout << device->context().allocatedBytes() << ' ' << model->info().perLayerEmbeddingBytes
              << ' ' << peakResidentBytes() << std::endl;
    return 0;
}

struct Report {
    std::uint64_t deviceBytes = 0;
    std::uint64_t perLayerBytes = 0;
    std::uint64_t peakBytes = 0;
};

Report loadInAnotherProcess(const std::filesystem::path& path)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(QCoreApplication::applicationFilePath(),
                  {"--load", QString::fromStdString(path.string())});
    process.waitForFinished(-1);
    const auto fields = process.readAllStandardOutput().trimmed().split(' ');
    if (process.exitCode() != 0 || fields.size() != 3)
        return {};
    return {fields[0].toULongLong(), fields[1].toULongLong(), fields[2].toULongLong()};
}

}  // namespace

// What loading a model of a gigabyte takes beside its weights, measured in a process of its own. On
// a CPU driver the device's memory is the process's.
class ModelMemoryHeavyTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void loadingTakesLittleMoreThanTheWeights_data();
    void loadingTakesLittleMoreThanTheWeights();
    void cancellingTakesLessThanAFifthOfASecond();

private:
    std::shared_ptr<engine::Device> m_device;
};

void ModelMemoryHeavyTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
}

void ModelMemoryHeavyTest::loadingTakesLittleMoreThanTheWeights_data()
{
    QTest::addColumn<int>("type");
    QTest::newRow("Q8_0") << static_cast<int>(engine::file::TensorType::Q8_0);
    QTest::newRow("F16") << static_cast<int>(engine::file::TensorType::F16);
}

void ModelMemoryHeavyTest::loadingTakesLittleMoreThanTheWeights()
{
    if (!m_device->info().isSoftware)
        QSKIP("memory of this device is not the process's");
    QFETCH(const int, type);
    const tests::TemporaryFolder folder;
    tests::TinyModel().writeGguf(folder / "tiny.gguf");
    tests::TinyModel(gigabyteOptions(static_cast<engine::file::TensorType>(type)))
        .writeGguf(folder / "large.gguf");
    QVERIFY(std::filesystem::file_size(folder / "large.gguf") > 900 * kMebibyte);

    const Report tiny = loadInAnotherProcess(folder / "tiny.gguf");
    const Report large = loadInAnotherProcess(folder / "large.gguf");
    QVERIFY(tiny.peakBytes > 0 && large.peakBytes > large.deviceBytes);
    QVERIFY(large.deviceBytes > 600 * kMebibyte);
    QVERIFY(large.perLayerBytes > 200 * kMebibyte);
    const double above = static_cast<double>(large.peakBytes - tiny.peakBytes) /
                             static_cast<double>(large.deviceBytes) -
                         1.0;
    qInfo("%llu MiB on the device, %llu MiB in the file, peak %llu MiB (tiny %llu): %.1f %% above",
          static_cast<unsigned long long>(large.deviceBytes / kMebibyte),
          static_cast<unsigned long long>(large.perLayerBytes / kMebibyte),
          static_cast<unsigned long long>(large.peakBytes / kMebibyte),
          static_cast<unsigned long long>(tiny.peakBytes / kMebibyte), 100.0 * above);
    QVERIFY(above <= 0.15);
}

void ModelMemoryHeavyTest::cancellingTakesLessThanAFifthOfASecond()
{
    const tests::TemporaryFolder folder;
    tests::TinyModel(gigabyteOptions(engine::file::TensorType::Q8_0))
        .writeGguf(folder / "large.gguf");
    const std::uint64_t before = m_device->context().allocatedBytes();
    for (const std::uint64_t mebibytes : {0U, 100U, 500U}) {
        std::stop_source source;
        Clock::time_point asked;
        const auto cancelled = engine::Model::load(
            m_device, {folder / "large.gguf"},
            [&](const engine::LoadProgress& progress) {
                if (progress.bytesDone >= mebibytes * kMebibyte && !source.stop_requested()) {
                    source.request_stop();
                    asked = Clock::now();
                }
            },
            source.get_token());
        const auto latency = Clock::now() - asked;
        QVERIFY(!cancelled);
        QCOMPARE(cancelled.error().code, engine::ErrorCode::Cancelled);
        const auto milliseconds =
            std::chrono::duration_cast<std::chrono::milliseconds>(latency).count();
        qInfo("cancelled %lld ms after the request", static_cast<long long>(milliseconds));
        QVERIFY(milliseconds < 200);
        QCOMPARE(m_device->context().allocatedBytes(), before);
    }
}

int main(int argc, char* argv[])
{
    if (argc == 3 && std::string(argv[1]) == "--load")
        return loadAndReport(argv[2]);
    const QCoreApplication application(argc, argv);
    ModelMemoryHeavyTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "model_memory_heavy_test.moc"
