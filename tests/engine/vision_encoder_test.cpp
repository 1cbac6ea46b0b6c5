#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/half.h"
#include "engine/encoders.h"
#include "engine/file/dequantize.h"
#include "engine/gpu/context.h"
#include "tests/support/comparison.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/golden_model.h"
#include "tests/support/golden_picture.h"
#include "tests/support/random_data.h"
#include "tests/support/seeded_weights.h"
#include "tests/support/temporary_folder.h"

using engine::ErrorCode;
using engine::Image;
using engine::VisionEncoder;
using engine::file::TensorType;
using tests::GoldenEncoder;
using tests::SeededTensor;

using Encoder = std::shared_ptr<const VisionEncoder>;

namespace {

const std::string kTower = "model.vision_tower.timm_model.";
const std::string kEmbedder = "model.embed_vision.";

SeededTensor& find(GoldenEncoder& encoder, const std::string& name)
{
    return *std::find_if(encoder.tensors.begin(), encoder.tensors.end(),
                         [&](const SeededTensor& tensor) { return tensor.name == name; });
}

void remove(GoldenEncoder& encoder, const std::string& name)
{
    encoder.tensors.erase(
        std::find_if(encoder.tensors.begin(), encoder.tensors.end(),
                     [&](const SeededTensor& tensor) { return tensor.name == name; }));
}

// The names of GGUF files (spec 02 §9).
std::string nameInGguf(std::string name)
{
    const auto replaceStart = [&name](const std::string& from, const std::string& to) {
        if (name.starts_with(from))
            name.replace(0, from.size(), to);
    };
    replaceStart(kTower + "blocks.", "v.blk.");
    replaceStart(kTower, "v.");
    replaceStart(kEmbedder + "embedding.weight", "mm.embedding.weight");
    replaceStart(kEmbedder + "hard_embedding_norm", "mm.hard_emb_norm");
    replaceStart(kEmbedder + "soft_embedding_norm", "mm.soft_emb_norm");
    replaceStart(kEmbedder + "embedding_projection", "mm.input_projection");
    return name;
}

std::vector<std::byte> stored(TensorType type, const std::vector<float>& values)
{
    const auto& info = engine::file::typeInfo(type);
    std::vector<std::byte> bytes(values.size() / info.blockElements * info.blockBytes);
    if (type == TensorType::Q8_0) {
        engine::file::quantizeQ8_0(values, bytes);
    } else if (type == TensorType::F32) {
        const auto from = std::as_bytes(std::span(values));
        std::copy(from.begin(), from.end(), bytes.begin());
    } else {
        const std::span halves(reinterpret_cast<std::uint16_t*>(bytes.data()), values.size());
        std::transform(values.begin(), values.end(), halves.begin(),
                       type == TensorType::F16 ? engine::floatToHalf : engine::floatToBfloat16);
    }
    return bytes;
}

// An mmproj file. Convolutions are of `type`; where that has blocks, those of single pixels, as
// matrices, and the others F16. Biases and layer scales have the four dimensions of the converter.
void writeGguf(const GoldenEncoder& encoder, TensorType type, const std::filesystem::path& path)
{
    tests::GgufWriter file;
    file.text("general.architecture", "clip");
    file.text("clip.vision.projector_type", "gemma3nv");
    file.u32("clip.vision.image_size", 192);
    file.u32("clip.vision.block_count", 128);  // as the converter writes it
    file.u32("nestling.vision.soft_tokens_per_image", 36);
    for (const SeededTensor& tensor : encoder.tensors) {
        std::vector<std::uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
        std::size_t size = 1;
        for (const std::uint64_t dimension : shape)
            size *= dimension;
        const bool isPoint = shape.size() == 2 || (shape.size() == 4 && shape[2] == 1);
        TensorType stores = shape.size() == 1 ? TensorType::F32 : type;
        if (type == TensorType::Q8_0 && shape.size() > 1) {
            stores = isPoint && shape[1] % 32 == 0 ? type : TensorType::F16;
            if (stores == type)
                shape.resize(2);
        }
        if (tensor.name.ends_with("gamma") || tensor.name.ends_with("bias"))
            shape = {1, shape[0], 1, 1};
        const auto values =
            tests::seededWeights(encoder.name, tensor.name, size, tensor.scale, tensor.offset);
        file.tensor(nameInGguf(tensor.name), shape, stores,
                    [stores, values] { return stored(stores, values); });
    }
    file.write(path);
}

Image randomImage(std::uint32_t width, std::uint32_t height)
{
    Image image{width, height, {}};
    for (const float value : tests::randomVector(std::size_t{width} * height * 3, 4))
        image.rgb.push_back(static_cast<std::uint8_t>(std::abs(value) * 255.0F));
    return image;
}

}  // namespace

// The encoder as the rest of the program uses it: from files of every kind, and with everything
// that can be wrong with files, pictures and devices.
class VisionEncoderTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void readsGgufFiles_data();
    void readsGgufFiles();
    void saysWhatItIs();
    void refusesBrokenFiles_data();
    void refusesBrokenFiles();
    void refusesBrokenConfigurations_data();
    void refusesBrokenConfigurations();
    void refusesModelsWithoutEncoder();
    void refusesEmptyPictures();
    void refusesImpossibleSizes();
    void anyShapeOfPictureIsEncoded();
    void loadingCanBeCancelled();
    void encodingCanBeCancelled();
    void encodingIsRefusedForWantOfMemory();
    void encodingOnALostDeviceFails();
    void weightsAreReadOnce();

private:
    engine::Result<Encoder> load(const std::filesystem::path& path,
                                 const std::stop_token& stop = {}) const
    {
        return VisionEncoder::load(m_device, path, {}, stop);
    }
    engine::Result<Encoder> loadChanged(const std::function<void(GoldenEncoder&)>& change) const;
    std::vector<float> rowsOf(const VisionEncoder& encoder) const;

    std::shared_ptr<engine::Device> m_device;
    GoldenEncoder m_golden;
    Encoder m_encoder;
    Image m_picture;
};

void VisionEncoderTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    m_golden = tests::readGoldenEncoder(TEST_DATA_DIR "/golden/vision/small");
    auto encoder = loadChanged([](GoldenEncoder&) {});
    QVERIFY2(encoder, encoder ? "" : encoder.error().message.c_str());
    m_encoder = *std::move(encoder);
    m_picture = randomImage(40, 30);
}

void VisionEncoderTest::cleanup()
{
    if (m_device)
        m_device->context().faults() = {};
}

engine::Result<Encoder>
VisionEncoderTest::loadChanged(const std::function<void(GoldenEncoder&)>& change) const
{
    GoldenEncoder encoder = m_golden;
    change(encoder);
    const tests::TemporaryFolder folder;
    ENGINE_TRY_VOID(tests::writeSeededFolder(encoder.name, encoder.tensors, false,
                                             encoder.configJson, folder.path()));
    return load(folder.path());
}

std::vector<float> VisionEncoderTest::rowsOf(const VisionEncoder& encoder) const
{
    const auto tokens = encoder.encode(m_picture, 192, {}, {});
    if (!tokens)
        return {};
    auto rows = engine::readRows(*tokens);
    return rows ? *std::move(rows) : std::vector<float>();
}

void VisionEncoderTest::readsGgufFiles_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<double>("tolerance");
    QTest::newRow("F32") << static_cast<int>(TensorType::F32) << 1e-6;
    QTest::newRow("F16") << static_cast<int>(TensorType::F16) << 1e-2;
    QTest::newRow("BF16") << static_cast<int>(TensorType::BF16) << 5e-2;
    QTest::newRow("Q8_0") << static_cast<int>(TensorType::Q8_0) << 5e-2;
}

// What a type rounds away may move the rows, and only that.
void VisionEncoderTest::readsGgufFiles()
{
    QFETCH(const int, type);
    QFETCH(const double, tolerance);
    const tests::TemporaryFolder folder;
    const auto path = folder / "mmproj.gguf";
    writeGguf(m_golden, static_cast<TensorType>(type), path);
    const auto encoder = load(path);
    QVERIFY2(encoder, encoder ? "" : encoder.error().message.c_str());
    QCOMPARE((*encoder)->info().imageSize, 192U);
    const double error = tests::relativeError(rowsOf(**encoder), rowsOf(*m_encoder));
    qInfo("%s: %.1e of the largest value", QTest::currentDataTag(), error);
    QVERIFY(error < tolerance);
}

void VisionEncoderTest::saysWhatItIs()
{
    std::uint64_t parameters = 0;
    for (const SeededTensor& tensor : m_golden.tensors) {
        std::uint64_t elements = 1;
        for (const std::size_t dimension : tensor.shape)
            elements *= dimension;
        parameters += elements;
    }
    QCOMPARE(m_encoder->info().parameters, parameters);
    QCOMPARE(m_encoder->info().softTokens, 36U);
    QCOMPARE(m_encoder->info().hiddenSize, 256U);
    QVERIFY(m_encoder->info().deviceWeightBytes > 0);
    QCOMPARE(m_encoder->endOfImage().count(), 1U);
}

void VisionEncoderTest::refusesBrokenFiles_data()
{
    using Change = std::function<void(GoldenEncoder&)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("names");
    const auto row = [](const char* name, ErrorCode code, const std::string& names,
                        const Change& change) {
        QTest::newRow(name) << change << code << QString::fromStdString(names);
    };
    row("the old upload", ErrorCode::UnsupportedModel, "July 2025",
        [](GoldenEncoder& encoder) { remove(encoder, kTower + "conv_stem.conv.bias"); });
    const std::string norm = kTower + "blocks.1.0.pw_exp.bn.weight";
    row("a norm is missing", ErrorCode::InvalidFile, norm,
        [norm](GoldenEncoder& encoder) { remove(encoder, norm); });
    const std::string fusion = kTower + "msfa.ffn.pw_exp.conv.weight";
    row("the fusion is missing", ErrorCode::InvalidFile, fusion,
        [fusion](GoldenEncoder& encoder) { remove(encoder, fusion); });
    row("a stage is missing", ErrorCode::InvalidFile, "Stage 3", [](GoldenEncoder& encoder) {
        std::erase_if(encoder.tensors, [](const SeededTensor& tensor) {
            return tensor.name.starts_with(kTower + "blocks.3.");
        });
    });
    row("a norm is too short", ErrorCode::InvalidFile, norm,
        [norm](GoldenEncoder& encoder) { find(encoder, norm).shape = {3}; });
    const std::string conv = kTower + "blocks.1.0.pw_proj.conv.weight";
    row("channels do not fit", ErrorCode::InvalidFile, conv,
        [conv](GoldenEncoder& encoder) { find(encoder, conv).shape[1] += 8; });
    const std::string query = kTower + "blocks.2.3.attn.query.proj.weight";
    row("heads are no whole ones", ErrorCode::InvalidFile, "attn.",
        [query](GoldenEncoder& encoder) { find(encoder, query).shape[0] += 8; });
    const std::string depthwise = kTower + "blocks.1.0.dw_start.conv.weight";
    row("a kernel is no square", ErrorCode::InvalidFile, depthwise,
        [depthwise](GoldenEncoder& encoder) { find(encoder, depthwise).shape[2] = 5; });
    row("a value is no number", ErrorCode::InvalidFile, norm, [norm](GoldenEncoder& encoder) {
        find(encoder, norm).offset = std::numeric_limits<float>::quiet_NaN();
    });
    row("the table has no rows", ErrorCode::InvalidFile, "embedding.weight",
        [](GoldenEncoder& encoder) {
            find(encoder, kEmbedder + "embedding.weight").shape = {128, 8};
        });
}

void VisionEncoderTest::refusesBrokenFiles()
{
    QFETCH(const std::function<void(GoldenEncoder&)>, change);
    QFETCH(const ErrorCode, code);
    QFETCH(const QString, names);
    const auto encoder = loadChanged(change);
    QVERIFY(!encoder);
    QCOMPARE(encoder.error().code, code);
    QVERIFY2(encoder.error().message.find(names.toStdString()) != std::string::npos,
             encoder.error().message.c_str());
}

void VisionEncoderTest::refusesBrokenConfigurations_data()
{
    QTest::addColumn<QString>("json");
    QTest::newRow("no square of tokens") << R"({"vision_soft_tokens_per_image": 35})";
    QTest::newRow("no tokens") << R"({"vision_soft_tokens_per_image": 0})";
    QTest::newRow("more tokens than pixels") << R"({"vision_soft_tokens_per_image": 4000000000})";
    QTest::newRow("a size that is no multiple")
        << R"({"vision_soft_tokens_per_image": 36, "vision_config": {"image_size": 200}})";
    QTest::newRow("a size without end")
        << R"({"vision_soft_tokens_per_image": 36, "vision_config": {"image_size": 960000000}})";
    QTest::newRow("an epsilon that is none")
        << R"({"vision_soft_tokens_per_image": 36, "vision_config": {"rms_norm_eps": -1.0}})";
    QTest::newRow("an end before the vocabulary")
        << R"({"vision_soft_tokens_per_image": 36, "eoi_token_id": 5,
               "vision_config": {"vocab_offset": 2048}})";
    QTest::newRow("an end behind the vocabulary")
        << R"({"vision_soft_tokens_per_image": 36, "eoi_token_id": 2176,
               "vision_config": {"vocab_offset": 2048}})";
}

void VisionEncoderTest::refusesBrokenConfigurations()
{
    QFETCH(const QString, json);
    const auto encoder =
        loadChanged([&](GoldenEncoder& golden) { golden.configJson = json.toStdString(); });
    QVERIFY(!encoder);
    QCOMPARE(encoder.error().code, ErrorCode::InvalidFile);
    QVERIFY(encoder.error().message.ends_with('.'));
}

void VisionEncoderTest::refusesModelsWithoutEncoder()
{
    const auto encoder = loadChanged([](GoldenEncoder& golden) {
        std::erase_if(golden.tensors,
                      [](const SeededTensor& tensor) { return tensor.name.starts_with(kTower); });
    });
    QVERIFY(!encoder);
    QCOMPARE(encoder.error().code, ErrorCode::UnsupportedModel);
}

void VisionEncoderTest::refusesEmptyPictures()
{
    for (const Image& image :
         {Image{}, Image{0, 4, {}}, Image{2, 2, std::vector<std::uint8_t>(11)}}) {
        const auto tokens = m_encoder->encode(image, 0, {}, {});
        QVERIFY(!tokens);
        QCOMPARE(tokens.error().code, ErrorCode::InvalidInput);
    }
}

void VisionEncoderTest::refusesImpossibleSizes()
{
    for (const std::uint32_t size : {1U, 100U, 191U, 96'000'000U}) {
        const auto tokens = m_encoder->encode(m_picture, size, {}, {});
        QVERIFY(!tokens);
        QCOMPARE(tokens.error().code, ErrorCode::InvalidInput);
    }
    // The side is fine, and the activations are more than can be bound at once.
    const auto large = m_encoder->encode(m_picture, 4800, {}, {});
    QVERIFY(!large);
    QCOMPARE(large.error().code, ErrorCode::InvalidInput);
}

void VisionEncoderTest::anyShapeOfPictureIsEncoded()
{
    for (const auto& [width, height] :
         {std::pair(1U, 1U), std::pair(1U, 3000U), std::pair(700U, 2U)}) {
        double last = 0.0;
        const auto tokens = m_encoder->encode(randomImage(width, height), 96,
                                              [&last](double fraction) {
                                                  QVERIFY(fraction >= last);
                                                  last = fraction;
                                              },
                                              {});
        QVERIFY(tokens);
        QCOMPARE(last, 1.0);
        const auto rows = engine::readRows(*tokens);
        QVERIFY(rows);
        QCOMPARE(rows->size(), std::size_t{36} * 256);
        QVERIFY(std::all_of(rows->begin(), rows->end(), [](float x) { return std::isfinite(x); }));
    }
}

void VisionEncoderTest::loadingCanBeCancelled()
{
    const tests::TemporaryFolder folder;
    writeGguf(m_golden, TensorType::F32, folder / "mmproj.gguf");
    std::stop_source stop;
    stop.request_stop();
    const std::uint64_t before = m_device->context().allocatedBytes();
    const auto encoder = load(folder / "mmproj.gguf", stop.get_token());
    QVERIFY(!encoder);
    QCOMPARE(encoder.error().code, ErrorCode::Cancelled);
    QCOMPARE(m_device->context().allocatedBytes(), before);
}

void VisionEncoderTest::encodingCanBeCancelled()
{
    const std::uint64_t before = m_device->context().allocatedBytes();
    std::stop_source stop;
    const auto tokens = m_encoder->encode(
        m_picture, 768, [&stop](double) { stop.request_stop(); }, stop.get_token());
    QVERIFY(!tokens);
    QCOMPARE(tokens.error().code, ErrorCode::Cancelled);
    QCOMPARE(m_device->context().allocatedBytes(), before);
    QCOMPARE(rowsOf(*m_encoder).size(), std::size_t{36} * 256);
}

void VisionEncoderTest::encodingIsRefusedForWantOfMemory()
{
    const std::uint64_t before = m_device->context().allocatedBytes();
    for (const std::uint64_t more : {std::uint64_t{1000}, std::uint64_t{2} << 20}) {
        m_device->context().faults().memoryLimit = before + more;
        const auto tokens = m_encoder->encode(m_picture, 192, {}, {});
        QVERIFY(!tokens);
        QCOMPARE(tokens.error().code, ErrorCode::OutOfMemory);
        QCOMPARE(m_device->context().allocatedBytes(), before);
    }
    m_device->context().faults() = {};
    QCOMPARE(rowsOf(*m_encoder).size(), std::size_t{36} * 256);
}

void VisionEncoderTest::encodingOnALostDeviceFails()
{
    m_device->context().faults().submissionsLeft = 3;
    const auto tokens = m_encoder->encode(m_picture, 768, {}, {});
    QVERIFY(!tokens);
    QCOMPARE(tokens.error().code, ErrorCode::DeviceLost);
}

// Products are cut by outputs, so that no weight is read for two of them.
void VisionEncoderTest::weightsAreReadOnce()
{
    const auto costs = m_encoder->measure(m_picture, 192, {});
    QVERIFY2(costs, costs ? "" : costs.error().message.c_str());
    QVERIFY(costs->weightBytes > 0);
    QVERIFY(costs->weightBytes <= m_encoder->info().deviceWeightBytes);
    std::uint64_t flops = 0;
    for (const auto& kind : costs->kinds)
        flops += kind.flops;
    QVERIFY(costs->denseFlops > flops / 2 && costs->denseFlops < flops);
    QVERIFY(costs->productFlopsPerSecond > 0.0);
}

QTEST_GUILESS_MAIN(VisionEncoderTest)
#include "vision_encoder_test.moc"
