#include <QTest>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "engine/model.h"
#include "engine/size_catalogue.h"
#include "engine/size_list.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::ModelSize;
using engine::ModelSizes;
using engine::SizeCatalogue;
using engine::SizeInfo;
using engine::file::TensorType;
using tests::must;

namespace {

// Layers 2 and 5 are full; layer 4 borrows from 3 and layer 5 from 2.
constexpr auto kList = R"({"sizes": [
    {"name": "full", "ffn": 128},
    {"name": "three-quarters", "ffn": 96, "skip": []},
    {"name": "half", "ffn": [64, 64, 64, 64, 64, 64], "skip": [4]}]})";

void write(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream(path) << text;
}

// The sizes of a tiny model with a list beside it.
ModelSizes sizesWith(const std::string& list, const std::string& name = "sizes.json")
{
    const tests::TemporaryFolder folder;
    tests::TinyModel().writeGguf(folder / "tiny.gguf");
    write(folder / name, list);
    return must(engine::Model::inspect({folder / "tiny.gguf"})).sizes;
}

QString sentence(const engine::Error& error)
{
    return QString::fromStdString(error.message);
}

std::vector<std::string> namesOf(const ModelSizes& sizes)
{
    std::vector<std::string> names;
    for (const SizeInfo& info : sizes.sizes)
        names.push_back(info.size.name);
    return names;
}

// The numbers of E4B or E2B (spec 01 §1.1), and tensors of these shapes in Q4_0, without bytes.
struct Published {
    engine::decoder::DecoderConfig config;
    engine::decoder::DecoderSources sources;
};

engine::file::MatrixSource matrix(std::uint32_t rows, std::uint32_t columns)
{
    return {"matrix", TensorType::Q4_0, rows, columns, columns / 32 * 18, {}};
}

engine::file::VectorSource vector(std::uint32_t size)
{
    return {"vector", TensorType::F32, size, {}, 0.0F, 0.0F};
}

engine::decoder::LayerSources layerSources(std::uint32_t width, bool ownsKeys)
{
    engine::decoder::LayerSources layer;
    layer.qProj = layer.oProj = matrix(2048, 2048);
    if (ownsKeys) {
        layer.kProj = layer.vProj = matrix(512, 2048);
        layer.kNorm = vector(256);
    }
    layer.gateProj = layer.upProj = matrix(width, 2048);
    layer.downProj = matrix(2048, width);
    layer.qNorm = vector(256);
    layer.inputNorm = layer.postAttentionNorm = layer.preFeedforwardNorm =
        layer.postFeedforwardNorm = layer.postLaurelNorm = layer.altupRouterNorm =
            layer.altupCorrectScale = layer.postPerLayerInputNorm = vector(2048);
    layer.laurelLeft = matrix(64, 2048);
    layer.laurelRight = matrix(2048, 64);
    layer.altupRouter = vector(4 * 2048);
    layer.altupPredictionCoefs = vector(16 * 4);
    layer.altupCorrectionCoefs = vector(4 * 4);
    layer.perLayerInputGate = matrix(256, 2048);
    layer.perLayerProjection = matrix(2048, 256);
    return layer;
}

Published published(std::uint32_t layers, std::uint32_t width)
{
    Published model;
    model.config.hiddenSize = 2048;
    model.config.heads = 8;
    model.config.kvHeads = 2;
    model.config.headDim = 256;
    model.config.vocabularySize = 262400;
    model.config.textVocabularySize = 262144;
    model.config.perLayerInputSize = 256;
    model.config.altupInputs = 4;
    model.config.kvLayers = 20;
    for (std::uint32_t i = 0; i < layers; ++i) {
        const bool isFull = (i + 1) % 5 == 0;
        model.config.layers.push_back(
            {isFull ? engine::decoder::LayerKind::Full : engine::decoder::LayerKind::Sliding, width,
             i < 10 ? 1.6448536F : 0.0F, i < 20 ? i : (isFull ? 19U : 18U)});
        model.sources.layers.push_back(layerSources(width, i < 20));
    }
    model.sources.embedTokens = matrix(262400, 2048);
    model.sources.finalNorm = vector(2048);
    model.sources.perLayerModelProjection = matrix(layers * 256, 2048);
    model.sources.perLayerProjectionNorm = vector(256);
    model.sources.altupProjections.assign(3, matrix(2048, 2048));
    model.sources.altupUnembedProjections.assign(3, matrix(2048, 2048));
    return model;
}

SizeCatalogue catalogueOf(const Published& model)
{
    engine::file::ModelFiles files;
    files.path = "/nowhere/model.gguf";
    return {files, model.config, model.sources};
}

}  // namespace

// What a file offers, and what it refuses. Nothing here needs a device.
class SizesTest : public QObject {
    Q_OBJECT

private slots:
    void publishedSizesHaveTheirParameters_data();
    void publishedSizesHaveTheirParameters();
    void e2bSaysThatNothingIsNested();
    void fractionsLieBetweenTheSizes();
    void laterLayersWidenFirst();
    void fractionsOutsideAreRefused();
    void listsAreFoundBesideTheFile();
    void metadataComesBeforeAListBeside();
    void sizesAreFoundByNameAndFraction();
    void otherListsCanBeRead();
    void sizesThatDoNotFitAreRefused_data();
    void sizesThatDoNotFitAreRefused();
    void blocksAreNotCut_data();
    void blocksAreNotCut();
    void listsThatLieAreRefused_data();
    void listsThatLieAreRefused();
    void aListThatLiesLeavesTheWhole();
    void gemma3HasOneSize();
};

void SizesTest::publishedSizesHaveTheirParameters_data()
{
    QTest::addColumn<double>("billions");
    // Column "calc B" of spec 01 §7.2.
    const std::initializer_list<std::pair<const char*, double>> rows{
        {"whole", 3.980},        {"E2B", 1.905},          {"E1.96B layer", 1.956},
        {"E2.54B layer", 2.521}, {"E2.69B layer", 2.672}, {"E2.98B layer", 2.974},
        {"E3.18B layer", 3.175}, {"E3.39B layer", 3.377}, {"E3.59B layer", 3.578},
        {"E3.79B layer", 3.779}, {"E2.49B block", 2.471}, {"E2.73B block", 2.722},
        {"E2.98B block", 2.974}, {"E3.24B block", 3.226}, {"E3.49B block", 3.477},
        {"E3.79B block", 3.729}};
    for (const auto& [name, billions] : rows)
        QTest::newRow(name) << billions;
}

void SizesTest::publishedSizesHaveTheirParameters()
{
    QFETCH(const double, billions);
    const SizeCatalogue catalogue = catalogueOf(published(35, 16384));
    QVERIFY(catalogue.sizes().isNested);
    QCOMPARE(catalogue.sizes().sizes.size(), std::size_t{16});
    const SizeInfo info = must(catalogue.find(QTest::currentDataTag()));
    QVERIFY2(std::abs(static_cast<double>(info.parameters) / 1e9 - billions) < 0.6e-3,
             qPrintable(QString::number(info.parameters)));
    QVERIFY(info.publishedMmlu > 50.0);
}

void SizesTest::e2bSaysThatNothingIsNested()
{
    const SizeCatalogue catalogue = catalogueOf(published(30, 8192));
    QVERIFY(!catalogue.sizes().isNested);
    QCOMPARE(namesOf(catalogue.sizes()), std::vector<std::string>{"whole"});
    QVERIFY(catalogue.sizes().hint.find("E2B") != std::string::npos);
    // Exactly what the published slice of E4B has (spec 01 §3.3).
    QCOMPARE(must(catalogue.find("whole")).parameters, std::uint64_t{1905495648});
    QCOMPARE(must(catalogueOf(published(35, 16384)).find("E2B")).parameters,
             std::uint64_t{1905495648});
    QVERIFY(!catalogue.find("0.5"));
}

void SizesTest::fractionsLieBetweenTheSizes()
{
    const SizeCatalogue catalogue = catalogueOf(published(35, 16384));
    double last = 0.0;
    for (int percent = 48; percent <= 100; ++percent) {
        const SizeInfo info = must(catalogue.ofFraction(percent / 100.0));
        QVERIFY(info.share >= last);
        // Half a step: widening a layer is 1.3 % of the model, a whole layer 2.8 %.
        QVERIFY2(std::abs(info.share - percent / 100.0) < 0.0145, info.size.name.c_str());
        last = info.share;
    }
    QCOMPARE(must(catalogue.ofFraction(1.0)).size.name, std::string("whole"));
    QCOMPARE(must(catalogue.ofFraction(catalogue.sizes().smallestShare)).size.name,
             std::string("E2B"));
    QCOMPARE(must(catalogue.ofFraction(3.175 / 3.980)).size.name, std::string("E3.18B layer"));
}

void SizesTest::laterLayersWidenFirst()
{
    const SizeCatalogue catalogue = catalogueOf(published(35, 16384));
    // Between E3.59B (0 to 3 and 30 to 33 narrow) and E3.79B (0 to 3 narrow).
    const auto& widths = must(catalogue.ofFraction(3.68 / 3.980)).size.ffnWidths;
    QCOMPARE(widths[33], 16384U);
    QCOMPARE(widths[30], 8192U);
}

void SizesTest::fractionsOutsideAreRefused()
{
    const SizeCatalogue catalogue = catalogueOf(published(35, 16384));
    for (const double fraction : {0.0, -1.0, 1.5, 0.3, std::nan(""), HUGE_VAL}) {
        const auto info = catalogue.ofFraction(fraction);
        QVERIFY(!info && info.error().code == ErrorCode::InvalidInput);
    }
    QVERIFY(sentence(catalogue.find("0.3").error()).contains("48 %"));
}

void SizesTest::listsAreFoundBesideTheFile()
{
    const std::vector<std::string> expected{"full", "three-quarters", "half"};
    QCOMPARE(namesOf(sizesWith(kList)), expected);
    QCOMPARE(namesOf(sizesWith(kList, "tiny.sizes.json")), expected);
    QCOMPARE(namesOf(sizesWith(kList, "other.sizes.json")), std::vector<std::string>{"whole"});

    const tests::TemporaryFolder folder;
    tests::TinyModel().writeFolder(folder.path());
    write(folder / "sizes.json", kList);
    const ModelSizes sizes = must(engine::Model::inspect({folder.path()})).sizes;
    QCOMPARE(namesOf(sizes), expected);
    QVERIFY(sizes.isNested && sizes.hint.empty());
    QVERIFY(sizes.sizes[1].weightBytes < sizes.sizes[0].weightBytes);
    QVERIFY(sizes.sizes[2].weightBytesPerToken < sizes.sizes[1].weightBytesPerToken);
    QCOMPARE(sizes.smallestShare, sizes.sizes[2].share);
}

// The embedded model carries its list and has one beside it.
void SizesTest::metadataComesBeforeAListBeside()
{
    const tests::TemporaryFolder folder;
    std::filesystem::copy_file(RESOURCES_DIR "/models/nestling-demo-q8_0.gguf",
                               folder / "demo.gguf");
    write(folder / "sizes.json", "nonsense");
    const ModelSizes sizes = must(engine::Model::inspect({folder / "demo.gguf"})).sizes;
    QCOMPARE(namesOf(sizes), (std::vector<std::string>{"full", "three-quarters", "half"}));
    QCOMPARE(sizes.sizes[2].size.skippedLayers, (std::vector<std::uint32_t>{6, 7}));
    QVERIFY(sizes.hint.empty());
}

void SizesTest::sizesAreFoundByNameAndFraction()
{
    const Published model = published(35, 16384);
    const SizeCatalogue catalogue = catalogueOf(model);
    QCOMPARE(must(catalogue.find("e2.98b_LAYER")).size.name, std::string("E2.98B layer"));
    QCOMPARE(must(catalogue.find("full")).size.name, std::string("whole"));
    QCOMPARE(must(catalogue.find("1")).size.name, std::string("whole"));
    QCOMPARE(must(catalogue.find("0.5")).size.name, std::string("E1.96B layer"));
    QCOMPARE(must(catalogue.find("0.55")).size.name, std::string("55 %"));
    const auto unknown = catalogue.find("middling");
    QVERIFY(!unknown && sentence(unknown.error()).contains("E2.49B block"));
}

void SizesTest::otherListsCanBeRead()
{
    const tests::TemporaryFolder folder;
    const SizeCatalogue catalogue = catalogueOf(published(35, 16384));
    write(folder / "one.json", R"({"sizes": [{"name": "mine", "ffn": 4096}]})");
    QCOMPARE(must(catalogue.fromFile(folder / "one.json", {})).size.ffnWidths[7], 4096U);
    write(folder / "two.json",
          R"({"sizes": [{"name": "mine", "ffn": 4096}, {"name": "yours", "ffn": 4100}]})");
    QCOMPARE(must(catalogue.fromFile(folder / "two.json", "Mine")).size.name, std::string("mine"));
    QVERIFY(sentence(catalogue.fromFile(folder / "two.json", {}).error()).contains("mine, yours"));
    QVERIFY(sentence(catalogue.fromFile(folder / "two.json", "yours").error()).contains("4100"));
    QVERIFY(!catalogue.fromFile(folder / "none.json", {}));
}

void SizesTest::sizesThatDoNotFitAreRefused_data()
{
    QTest::addColumn<QString>("size");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const char* size, const char* reason) {
        QTest::newRow(name) << QString(size) << QString(reason);
    };
    row("wider than the file", R"("ffn": 136)", "has 128");
    row("cut inside eight", R"("ffn": 60)", "multiples of 8");
    row("no neurons", R"("ffn": 0)", "skip it instead");
    row("too few layers", R"("ffn": [64, 64])", "2 layers, but the file has 6");
    row("too many layers", R"("ffn": [64, 64, 64, 64, 64, 64, 64])", "7 layers");
    row("every layer skipped", R"("ffn": 64, "skip": [0, 1, 2, 3, 4, 5])", "every layer");
    row("keys that are borrowed", R"("ffn": 64, "skip": [3])", "layer 4 reads its keys and values");
    row("keys of full layers", R"("ffn": 64, "skip": [2])", "layer 5 reads its keys and values");
    row("no such layer", R"("ffn": 64, "skip": [6])", "6 layers, counted from 0");
    row("skipped twice", R"("ffn": 64, "skip": [4, 4])", "twice");
}

void SizesTest::sizesThatDoNotFitAreRefused()
{
    QFETCH(const QString, size);
    QFETCH(const QString, reason);
    const ModelSizes sizes =
        sizesWith(QString(R"({"sizes": [{"name": "odd", %1}]})").arg(size).toStdString());
    QCOMPARE(namesOf(sizes), (std::vector<std::string>{"whole", "odd"}));
    QVERIFY(!sizes.isNested);
    const auto refusal = QString::fromStdString(sizes.sizes[1].refusal);
    QVERIFY2(refusal.contains(reason), qPrintable(refusal));
    QCOMPARE(sizes.sizes[1].parameters, std::uint64_t{0});
}

void SizesTest::blocksAreNotCut_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<uint>("step");
    const auto row = [](const char* name, TensorType type, uint step) {
        QTest::newRow(name) << static_cast<int>(type) << step;
    };
    row("F32", TensorType::F32, 8);
    row("F16", TensorType::F16, 8);
    row("BF16", TensorType::BF16, 8);
    row("Q4_0", TensorType::Q4_0, 32);
    row("Q8_0", TensorType::Q8_0, 32);
    row("IQ4_NL", TensorType::IQ4_NL, 32);
    row("Q4_K", TensorType::Q4_K, 256);
    row("Q6_K", TensorType::Q6_K, 256);
}

void SizesTest::blocksAreNotCut()
{
    QFETCH(const int, type);
    QFETCH(const uint, step);
    Published model = published(35, 16384);
    for (auto& layer : model.sources.layers)
        layer.downProj.type = static_cast<TensorType>(type);
    const SizeCatalogue catalogue = catalogueOf(model);
    ModelSize size{"cut", std::vector<std::uint32_t>(35, step), {}};
    QVERIFY(catalogue.describe(size));
    size.ffnWidths[7] = step + step / 2;
    const auto refused = catalogue.describe(size);
    QVERIFY(!refused && refused.error().code == ErrorCode::InvalidInput);
    QVERIFY(sentence(refused.error()).contains(QString("multiples of %1").arg(step)));
    QVERIFY(sentence(refused.error()).contains("Layer 7"));
}

void SizesTest::listsThatLieAreRefused_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const QString& text, const char* reason) {
        QTest::newRow(name) << text << QString(reason);
    };
    const auto list = [](const char* entry) { return QString(R"({"sizes": [%1]})").arg(entry); };
    row("nothing", "", "not valid JSON");
    row("no JSON", "sizes: half", "not valid JSON");
    row("no object", "[]", "not a JSON object");
    row("no list", "{}", "1 to 64 entries");
    row("no sizes", R"({"sizes": []})", "1 to 64 entries");
    row("a key twice", R"({"sizes": [], "sizes": []})", "twice");
    row("no name", list(R"({"ffn": 64})"), "no name");
    row("a number's name", list(R"({"name": "0.5", "ffn": 64})"), "is a number");
    row("an empty name", list(R"({"name": "", "ffn": 64})"), "1 to 64 bytes");
    row("a name of two lines", list(R"({"name": "a\nb", "ffn": 64})"), "printable");
    row("a long name", list(R"({"name": "%1", "ffn": 64})").arg(QString(65, 'a')), "1 to 64");
    row("names twice", list(R"({"name": "a b", "ffn": 64}, {"name": "A-B", "ffn": 32})"),
        "two sizes named");
    row("no widths", list(R"({"name": "a"})"), "no ffn");
    row("a text for widths", list(R"({"name": "a", "ffn": "64"})"), "not a list");
    row("halves", list(R"({"name": "a", "ffn": 64.5})"), "whole numbers");
    row("negative", list(R"({"name": "a", "ffn": [-64]})"), "whole numbers");
    row("huge", list(R"({"name": "a", "ffn": 1e300})"), "whole numbers");
    row("beyond 32 bits", list(R"({"name": "a", "ffn": 4294967360})"), "whole numbers");
    row("not a number", list(R"({"name": "a", "ffn": NaN})"), "not valid JSON");
    row("no entry", list("64"), "not an object");
    row("long skip",
        list(R"({"name": "a", "ffn": 64, "skip": [%1 0]})").arg(QString("0,").repeated(1024)),
        "longer than any model");
    row("many sizes", list("%1 {}").arg(QString("{},").repeated(64)), "1 to 64 entries");
    row("a large file", QString(1 << 21, ' '), "too large");
    row("deep", QString(100, '['), "nested too deeply");
}

void SizesTest::listsThatLieAreRefused()
{
    QFETCH(const QString, text);
    QFETCH(const QString, reason);
    const auto sizes = engine::parseSizeList(text.toStdString(), "sizes.json", 6);
    QVERIFY(!sizes && sizes.error().code == ErrorCode::InvalidFile);
    QVERIFY2(sentence(sizes.error()).contains(reason), qPrintable(sentence(sizes.error())));
    QVERIFY(sentence(sizes.error()).contains("sizes.json"));
}

void SizesTest::aListThatLiesLeavesTheWhole()
{
    const ModelSizes sizes = sizesWith(R"({"sizes": [{"name": "a", "ffn": NaN}]})");
    QCOMPARE(namesOf(sizes), std::vector<std::string>{"whole"});
    QVERIFY(sizes.hint.find("not valid JSON") != std::string::npos);
    QVERIFY(!sizes.isNested);
}

void SizesTest::gemma3HasOneSize()
{
    const tests::TemporaryFolder folder;
    tests::TinyModelOptions options;
    options.architecture = engine::decoder::Architecture::Gemma3;
    tests::TinyModel(options).writeGguf(folder / "tiny.gguf");
    write(folder / "sizes.json", kList);
    const ModelSizes sizes = must(engine::Model::inspect({folder / "tiny.gguf"})).sizes;
    QCOMPARE(namesOf(sizes), std::vector<std::string>{"whole"});
    QVERIFY(sizes.hint.find("Gemma 3") != std::string::npos);
}

QTEST_GUILESS_MAIN(SizesTest)
#include "sizes_test.moc"
