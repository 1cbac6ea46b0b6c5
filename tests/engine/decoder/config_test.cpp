#include "engine/decoder/config.h"

#include <QTest>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

using engine::ErrorCode;
using engine::decoder::Architecture;
using engine::decoder::DecoderConfig;
using engine::decoder::LayerKind;
using engine::decoder::readDecoderConfig;
using engine::file::Format;
using engine::file::ModelFiles;
using nlohmann::json;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ModelFiles folderWith(const json& config, const std::string& generation = {})
{
    ModelFiles files;
    files.format = Format::HuggingFace;
    files.path = "model";
    files.configJson = config.dump();
    files.generationConfigJson = generation;
    return files;
}

// A file of thirty layers that leaves out whatever has a default.
ModelFiles smallestGguf(const std::string& architecture = "gemma3n")
{
    ModelFiles files;
    files.path = "model.gguf";
    auto& values = files.metadata.values;
    values["general.architecture"] = architecture;
    values[architecture + ".block_count"] = std::uint64_t{30};
    values[architecture + ".feed_forward_length"] = std::uint64_t{8192};
    if (architecture == "gemma3") {
        values["gemma3.embedding_length"] = std::uint64_t{640};
        values["gemma3.attention.head_count"] = std::uint64_t{4};
    }
    files.tensors.tensors["token_embd.weight"].shape = {262144, 2048};
    return files;
}

// `count` pieces with Gemma's special ones in their places.
std::vector<std::string> publishedPieces(std::size_t count)
{
    std::vector<std::string> pieces(count, "piece");
    const std::vector<std::pair<std::size_t, const char*>> special{
        {0, "<pad>"}, {1, "<eos>"},           {2, "<bos>"},
        {3, "<unk>"}, {106, "<end_of_turn>"}, {212, "</s>"}};
    for (const auto& [id, text] : special)
        pieces[id] = text;
    return pieces;
}

QString errorOf(const engine::Result<DecoderConfig>& config)
{
    return config ? QString("no error") : QString::fromStdString(config.error().message);
}

// Start, soft token and end; nothing where there are none.
std::vector<std::uint32_t> idsOf(const std::optional<engine::MediaTokens>& media)
{
    if (!media)
        return {};
    return {media->start, media->soft, media->end};
}

std::vector<LayerKind> kindsOf(const engine::Result<DecoderConfig>& config)
{
    std::vector<LayerKind> kinds;
    if (config) {
        for (const auto& layer : config->layers)
            kinds.push_back(layer.kind);
    }
    return kinds;
}

}  // namespace

// The numbers of a model from both kinds of file, with every liberty that published files take.
class ConfigTest : public QObject {
    Q_OBJECT

private slots:
    void defaultsAreThePublishedE2B();
    void defaultsAreThePublishedE4B();
    void goldenConfigsRead_data();
    void goldenConfigsRead();
    void borrowedLayersAreTheLastOfTheirKind();
    void theDemonstrationModelHasItsNumbers();
    void bothFormatsAgreeOnATinyModel_data();
    void bothFormatsAgreeOnATinyModel();
    void sharesBecomeMultipliers();
    void sharedLayersMayBeAReal();
    void slidingPatternsMayBeListsOrPeriods();
    void sparsityEntriesMayBeInfinite();
    void ollamaKeysAreRead();
    void linearRopeScalingIsRead();
    void ropeIsReadInEveryForm();
    void textPiecesEndWhereVisionBegins();
    void mediaIdsAreNamedOrFollowTheText();
    void endTokensComeFromEveryPlace();
    void gemma3ReadsItsScale();
    void badGgufNumbersAreNamed_data();
    void badGgufNumbersAreNamed();
    void badJsonNumbersAreNamed_data();
    void badJsonNumbersAreNamed();
    void otherArchitecturesAreNamed();
};

void ConfigTest::defaultsAreThePublishedE2B()
{
    const auto config = readDecoderConfig(smallestGguf());
    QVERIFY2(config, qPrintable(errorOf(config)));
    QVERIFY(config->architecture == Architecture::Gemma3n);
    QCOMPARE(config->layers.size(), std::size_t{30});
    QCOMPARE(config->kvLayers, 20U);
    QCOMPARE(config->hiddenSize, 2048U);
    QCOMPARE(config->heads, 8U);
    QCOMPARE(config->kvHeads, 2U);
    QCOMPARE(config->headDim, 256U);
    QCOMPARE(config->slidingWindow, 512U);
    QCOMPARE(config->contextLength, 32768U);
    QCOMPARE(config->ropeThetaFull, 1e6F);
    QCOMPARE(config->ropeThetaSliding, 1e4F);
    QCOMPARE(config->attentionScale, 1.0F);
    QCOMPARE(config->finalLogitSoftcap, 30.0F);
    QCOMPARE(config->altupInputs, 4U);
    QCOMPARE(config->altupActiveIndex, 0U);
    QCOMPARE(config->altupCoefClip, 120.0F);
    QCOMPARE(config->laurelRank, 64U);
    QCOMPARE(config->perLayerInputSize, 256U);
    for (std::size_t i = 0; i < 30; ++i) {
        const auto& layer = config->layers[i];
        QCOMPARE(layer.ffnWidth, 8192U);
        QCOMPARE(layer.kind == LayerKind::Full, (i + 1) % 5 == 0);
        QCOMPARE(layer.sparsityMultiplier, i < 10 ? 1.6448536F : 0.0F);
    }
}

void ConfigTest::defaultsAreThePublishedE4B()
{
    const auto config = readDecoderConfig(folderWith({{"model_type", "gemma3n_text"}}));
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(config->layers.size(), std::size_t{35});
    QCOMPARE(config->kvLayers, 20U);
    QCOMPARE(config->layers[0].ffnWidth, 16384U);
    QCOMPARE(config->vocabularySize, 262400U);
    QCOMPARE(config->textVocabularySize, 262144U);
    QCOMPARE(config->finalLogitSoftcap, 30.0F);
    QCOMPARE(config->layers[9].sparsityMultiplier, 1.6448536F);
    QCOMPARE(config->layers[10].sparsityMultiplier, 0.0F);
    QCOMPARE(config->layers[33].kvLayer, 18U);
    QCOMPARE(config->layers[34].kvLayer, 19U);
    QCOMPARE(config->endTokens, std::vector<std::uint32_t>{1});
}

void ConfigTest::goldenConfigsRead_data()
{
    QTest::addColumn<uint>("layers");
    QTest::addColumn<uint>("kvLayers");
    QTest::addColumn<uint>("hidden");
    QTest::addColumn<uint>("window");
    QTest::addColumn<uint>("lastFfn");
    QTest::newRow("e2b-pattern") << 30U << 20U << 64U << 16U << 128U;
    QTest::newRow("e4b-pattern") << 35U << 20U << 64U << 16U << 192U;
    QTest::newRow("long-window") << 10U << 6U << 64U << 32U << 128U;
    QTest::newRow("no-sharing") << 5U << 5U << 64U << 16U << 128U;
    QTest::newRow("odd-sizes") << 10U << 6U << 96U << 13U << 200U;
    QTest::newRow("per-layer-ffn") << 15U << 10U << 64U << 16U << 256U;
    QTest::newRow("real-widths") << 6U << 4U << 2048U << 512U << 8192U;
}

void ConfigTest::goldenConfigsRead()
{
    QFETCH(const uint, layers);
    QFETCH(const uint, kvLayers);
    QFETCH(const uint, hidden);
    QFETCH(const uint, window);
    QFETCH(const uint, lastFfn);
    std::ifstream stream(std::string(TEST_DATA_DIR "/golden/text/") + QTest::currentDataTag() +
                         "/config.json");
    ModelFiles files;
    files.format = Format::HuggingFace;
    files.configJson = {std::istreambuf_iterator<char>(stream), {}};
    const auto config = readDecoderConfig(files);
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(config->layers.size(), std::size_t{layers});
    QCOMPARE(config->kvLayers, kvLayers);
    QCOMPARE(config->hiddenSize, hidden);
    QCOMPARE(config->slidingWindow, window);
    QCOMPARE(config->layers.back().ffnWidth, lastFfn);
    QVERIFY(config->textVocabularySize < config->vocabularySize);
}

void ConfigTest::borrowedLayersAreTheLastOfTheirKind()
{
    json config{{"model_type", "gemma3n_text"},
                {"num_hidden_layers", 7},
                {"num_kv_shared_layers", 3},
                {"activation_sparsity_pattern", 0.0},
                {"layer_types",
                 {"full_attention", "sliding_attention", "full_attention", "full_attention",
                  "sliding_attention", "full_attention", "sliding_attention"}}};
    const auto read = readDecoderConfig(folderWith(config));
    QVERIFY2(read, qPrintable(errorOf(read)));
    std::vector<std::uint32_t> sources;
    for (const auto& layer : read->layers)
        sources.push_back(layer.kvLayer);
    QCOMPARE(sources, (std::vector<std::uint32_t>{0, 1, 2, 3, 1, 3, 1}));

    config["num_kv_shared_layers"] = 6;  // leaves one full layer to borrow from
    const QString message = errorOf(readDecoderConfig(folderWith(config)));
    QVERIFY2(message.contains("no layer of its kind has any"), qPrintable(message));
}

void ConfigTest::theDemonstrationModelHasItsNumbers()
{
    const auto files =
        engine::file::openModelFiles(RESOURCES_DIR "/models/nestling-demo-q8_0.gguf");
    QVERIFY(files);
    const auto config = readDecoderConfig(*files);
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(config->hiddenSize, 256U);
    QCOMPARE(config->layers.size(), std::size_t{10});
    QCOMPARE(config->kvLayers, 6U);
    QCOMPARE(config->slidingWindow, 128U);
    QCOMPARE(config->heads, 4U);
    QCOMPARE(config->kvHeads, 2U);
    QCOMPARE(config->headDim, 64U);
    QCOMPARE(config->perLayerInputSize, 64U);
    QCOMPARE(config->laurelRank, 16U);
    QCOMPARE(config->contextLength, 4096U);
    QCOMPARE(config->vocabularySize, 2304U);
    QCOMPARE(config->textVocabularySize, 2048U);
    QCOMPARE(config->endTokens, (std::vector<std::uint32_t>{1, 9}));
    QCOMPARE(idsOf(config->media.image), (std::vector<std::uint32_t>{18, 2049, 2048}));
    QCOMPARE(idsOf(config->media.sound), (std::vector<std::uint32_t>{19, 2177, 2176}));
    for (std::size_t i = 0; i < 10; ++i) {
        QCOMPARE(config->layers[i].ffnWidth, 512U);
        QCOMPARE(config->layers[i].kind == LayerKind::Full, i == 4 || i == 9);
        QCOMPARE(config->layers[i].sparsityMultiplier, i < 3 ? 1.6448536F : 0.0F);
    }
    QCOMPARE(config->layers[8].kvLayer, 5U);
    QCOMPARE(config->layers[9].kvLayer, 4U);
}

void ConfigTest::bothFormatsAgreeOnATinyModel_data()
{
    QTest::addColumn<bool>("isGemma3n");
    QTest::addColumn<QString>("prefix");
    QTest::newRow("Gemma 3n") << true << "model.";
    QTest::newRow("Gemma 3n, multimodal") << true << "model.language_model.";
    QTest::newRow("Gemma 3") << false << "model.";
    QTest::newRow("Gemma 3, multimodal") << false << "language_model.model.";
}

void ConfigTest::bothFormatsAgreeOnATinyModel()
{
    QFETCH(const bool, isGemma3n);
    QFETCH(const QString, prefix);
    tests::TinyModelOptions options;
    options.architecture = isGemma3n ? Architecture::Gemma3n : Architecture::Gemma3;
    const tests::TinyModel model(options);
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    model.writeFolder(folder / "tiny", {.prefix = prefix.toStdString()});

    const auto gguf = engine::file::openModelFiles(folder / "tiny.gguf");
    const auto hugging = engine::file::openModelFiles(folder / "tiny");
    QVERIFY(gguf && hugging);
    const auto a = readDecoderConfig(*gguf);
    const auto b = readDecoderConfig(*hugging);
    QVERIFY2(a, qPrintable(errorOf(a)));
    QVERIFY2(b, qPrintable(errorOf(b)));
    QVERIFY(a->architecture == b->architecture);
    QCOMPARE(a->layers.size(), b->layers.size());
    for (std::size_t i = 0; i < a->layers.size(); ++i) {
        QVERIFY(a->layers[i].kind == b->layers[i].kind);
        QCOMPARE(a->layers[i].ffnWidth, b->layers[i].ffnWidth);
        QCOMPARE(a->layers[i].sparsityMultiplier, b->layers[i].sparsityMultiplier);
        QCOMPARE(a->layers[i].kvLayer, b->layers[i].kvLayer);
    }
    QCOMPARE(a->kvLayers, b->kvLayers);
    QCOMPARE(a->hiddenSize, b->hiddenSize);
    QCOMPARE(a->heads, b->heads);
    QCOMPARE(a->kvHeads, b->kvHeads);
    QCOMPARE(a->headDim, b->headDim);
    QCOMPARE(a->vocabularySize, b->vocabularySize);
    QCOMPARE(a->textVocabularySize, b->textVocabularySize);
    QCOMPARE(a->slidingWindow, b->slidingWindow);
    QCOMPARE(a->contextLength, b->contextLength);
    QCOMPARE(a->ropeThetaFull, b->ropeThetaFull);
    QCOMPARE(a->ropeThetaSliding, b->ropeThetaSliding);
    QCOMPARE(a->attentionScale, b->attentionScale);
    QCOMPARE(a->finalLogitSoftcap, b->finalLogitSoftcap);
    QCOMPARE(a->altupInputs, b->altupInputs);
    QCOMPARE(a->laurelRank, b->laurelRank);
    QCOMPARE(a->perLayerInputSize, b->perLayerInputSize);
    QCOMPARE(a->endTokens, b->endTokens);
    QCOMPARE(a->bosToken, b->bosToken);
    QCOMPARE(a->textVocabularySize, options.textVocabulary);
    // A folder of text alone does not name them.
    if (prefix != "model.") {
        QCOMPARE(idsOf(a->media.image), idsOf(b->media.image));
        QCOMPARE(idsOf(a->media.sound), idsOf(b->media.sound));
        QCOMPARE(a->media.image.has_value(), isGemma3n);
    }
}

void ConfigTest::sharesBecomeMultipliers()
{
    // Quantiles of the normal distribution, from tables of seven decimals.
    const std::vector<std::pair<double, float>> known{
        {0.95, 1.6448536F},  {0.8413447460685429, 1.0F}, {0.9, 1.2815516F},
        {0.25, -0.6744898F}, {0.999999, 4.7534243F},     {0.0, 0.0F}};
    for (const auto& [share, multiplier] : known) {
        const json config{{"model_type", "gemma3n_text"}, {"activation_sparsity_pattern", share}};
        const auto read = readDecoderConfig(folderWith(config));
        QVERIFY2(read, qPrintable(errorOf(read)));
        // Half a unit of the last decimal, and of a float near 4.75.
        QVERIFY2(std::abs(read->layers[0].sparsityMultiplier - multiplier) < 5e-7F,
                 qPrintable(QString::number(share)));
    }
    // Half of the values go: not the same as dense.
    const auto half = readDecoderConfig(
        folderWith({{"model_type", "gemma3n_text"}, {"activation_sparsity_pattern", 0.5}}));
    QVERIFY(half);
    QVERIFY(half->layers[0].sparsityMultiplier != 0.0F);
    QVERIFY(half->layers[0].sparsityMultiplier < 1e-20F);
}

void ConfigTest::sharedLayersMayBeAReal()
{
    auto files = smallestGguf();
    files.metadata.values["gemma3n.attention.shared_kv_layers"] = 12.0;
    const auto config = readDecoderConfig(files);
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(config->kvLayers, 18U);
}

void ConfigTest::slidingPatternsMayBeListsOrPeriods()
{
    auto files = smallestGguf();
    files.metadata.values["gemma3n.block_count"] = std::uint64_t{4};
    files.metadata.values["gemma3n.attention.shared_kv_layers"] = std::uint64_t{0};
    auto& pattern = files.metadata.values["gemma3n.attention.sliding_window_pattern"];
    constexpr auto kS = LayerKind::Sliding;
    constexpr auto kF = LayerKind::Full;

    pattern = std::vector<bool>{true, false, false, true};
    QVERIFY(kindsOf(readDecoderConfig(files)) == (std::vector{kS, kF, kF, kS}));
    pattern = std::uint64_t{2};
    QVERIFY(kindsOf(readDecoderConfig(files)) == (std::vector{kS, kF, kS, kF}));
    pattern = std::vector<std::int64_t>{0, 1, 1, 0};
    QVERIFY(kindsOf(readDecoderConfig(files)) == (std::vector{kF, kS, kS, kF}));
    pattern = std::vector<bool>{true, false};
    const QString message = errorOf(readDecoderConfig(files));
    QVERIFY2(message.contains("sliding_window_pattern has 2 entries for 4 layers"),
             qPrintable(message));

    const json period{
        {"model_type", "gemma3_text"}, {"num_hidden_layers", 4}, {"sliding_window_pattern", 3}};
    QVERIFY(kindsOf(readDecoderConfig(folderWith(period))) == (std::vector{kS, kS, kF, kS}));
}

void ConfigTest::sparsityEntriesMayBeInfinite()
{
    auto files = smallestGguf();
    files.metadata.values["gemma3n.block_count"] = std::uint64_t{3};
    files.metadata.values["gemma3n.attention.shared_kv_layers"] = std::uint64_t{0};
    files.metadata.values["gemma3n.activation_sparsity_scale"] =
        std::vector<double>{1.6448534, -kInfinity, 0.0};
    const auto config = readDecoderConfig(files);
    QVERIFY2(config, qPrintable(errorOf(config)));
    QVERIFY(config->layers[0].sparsityMultiplier == 1.6448534F);  // as it is, to the bit
    QVERIFY(config->layers[1].sparsityMultiplier == 0.0F);
    QVERIFY(config->layers[2].sparsityMultiplier == 0.0F);
}

void ConfigTest::ollamaKeysAreRead()
{
    auto files = smallestGguf();
    files.metadata.values["gemma3n.head_dim"] = std::uint64_t{128};
    files.metadata.values["gemma3n.rope.freq_base_local"] = 5000.0;
    const auto config = readDecoderConfig(files);
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(config->headDim, 128U);
    QCOMPARE(config->ropeThetaSliding, 5000.0F);

    auto files3 = smallestGguf("gemma3");
    files3.metadata.values["gemma3.rope.local.freq_base"] = 7000.0;
    files3.metadata.values["gemma3.rope.global.freq_base"] = 2e6;
    const auto config3 = readDecoderConfig(files3);
    QVERIFY2(config3, qPrintable(errorOf(config3)));
    QCOMPARE(config3->ropeThetaSliding, 7000.0F);
    QCOMPARE(config3->ropeThetaFull, 2e6F);
}

void ConfigTest::linearRopeScalingIsRead()
{
    auto files = smallestGguf();
    const auto scale = [&] {
        const auto config = readDecoderConfig(files);
        return config ? config->ropeScaleFull : 0.0F;
    };
    auto& type = files.metadata.values["gemma3n.rope.scaling.type"];
    files.metadata.values["gemma3n.rope.scaling.factor"] = 8.0;
    type = std::string("linear");
    QCOMPARE(scale(), 8.0F);
    type = std::string("none");
    QCOMPARE(scale(), 1.0F);
    type = std::string("yarn");
    const QString message = errorOf(readDecoderConfig(files));
    QVERIFY2(message.contains("rope.scaling.type is 'yarn'"), qPrintable(message));
}

void ConfigTest::ropeIsReadInEveryForm()
{
    json config{{"model_type", "gemma3_text"}};
    config["rope_theta"] = 2e6;
    config["rope_local_base_freq"] = 3e4;
    config["rope_scaling"] = {{"factor", 8.0}, {"rope_type", "linear"}};
    auto read = readDecoderConfig(folderWith(config));
    QVERIFY2(read, qPrintable(errorOf(read)));
    QCOMPARE(read->ropeThetaFull, 2e6F);
    QCOMPARE(read->ropeThetaSliding, 3e4F);
    QCOMPARE(read->ropeScaleFull, 8.0F);

    config = {{"model_type", "gemma3_text"}};
    config["rope_parameters"] = {
        {"full_attention", {{"rope_theta", 4e6}, {"rope_type", "linear"}, {"factor", 4.0}}},
        {"sliding_attention", {{"rope_theta", 5e4}, {"rope_type", "default"}}}};
    read = readDecoderConfig(folderWith(config));
    QVERIFY2(read, qPrintable(errorOf(read)));
    QCOMPARE(read->ropeThetaFull, 4e6F);
    QCOMPARE(read->ropeThetaSliding, 5e4F);
    QCOMPARE(read->ropeScaleFull, 4.0F);

    config["rope_parameters"]["full_attention"]["rope_type"] = "yarn";
    const QString message = errorOf(readDecoderConfig(folderWith(config)));
    QVERIFY2(message.contains("rope_parameters.full_attention asks for a scaling"),
             qPrintable(message));
}

void ConfigTest::textPiecesEndWhereVisionBegins()
{
    const auto sizes = [](const ModelFiles& files) {
        const auto config = readDecoderConfig(files);
        return config ? std::pair(config->textVocabularySize, config->vocabularySize)
                      : std::pair(0U, 0U);
    };
    auto files = smallestGguf();
    auto& tokens = files.metadata.values["tokenizer.ggml.tokens"];

    // Gemma 3n, all pieces kept.
    auto pieces = publishedPieces(262400);
    pieces[262144] = "<end_of_image>";
    pieces[262145] = "<image_soft_token>";
    tokens = pieces;
    files.tensors.tensors["token_embd.weight"].shape = {262400, 2048};
    QCOMPARE(sizes(files), std::pair(262144U, 262400U));

    // Gemma 3n, cut.
    tokens = publishedPieces(262144);
    files.tensors.tensors["token_embd.weight"].shape = {262144, 2048};
    QCOMPARE(sizes(files), std::pair(262144U, 262144U));

    // Pieces that only fill up.
    std::vector<std::int64_t> types(262144, 1);
    std::fill(types.end() - 100, types.end(), 5);
    files.metadata.values["tokenizer.ggml.token_type"] = types;
    QCOMPARE(sizes(files), std::pair(262044U, 262144U));

    // Gemma 3: <end_of_image> is an ordinary piece, and in multimodal files more follow the text.
    auto files3 = smallestGguf("gemma3");
    pieces = publishedPieces(262144);
    pieces[256000] = "<end_of_image>";
    files3.metadata.values["tokenizer.ggml.tokens"] = pieces;
    QCOMPARE(sizes(files3), std::pair(262144U, 262144U));
    pieces.resize(262208, "[PAD]");
    pieces[262144] = "<image_soft_token>";
    files3.metadata.values["tokenizer.ggml.tokens"] = pieces;
    files3.tensors.tensors["token_embd.weight"].shape = {262208, 640};
    QCOMPARE(sizes(files3), std::pair(262144U, 262208U));
}

void ConfigTest::mediaIdsAreNamedOrFollowTheText()
{
    using Ids = std::vector<std::uint32_t>;
    // Pieces beyond the text were cut off: the ids are what they would be.
    auto files = smallestGguf();
    auto pieces = publishedPieces(262144);
    pieces[255999] = "<start_of_image>";
    pieces[256000] = "<start_of_audio>";
    files.metadata.values["tokenizer.ggml.tokens"] = pieces;
    auto config = readDecoderConfig(files);
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(idsOf(config->media.image), (Ids{255999, 262145, 262144}));
    QCOMPARE(idsOf(config->media.sound), (Ids{256000, 262273, 262272}));
    // No pieces to start with.
    files.metadata.values["tokenizer.ggml.tokens"] = publishedPieces(262144);
    QCOMPARE(idsOf(readDecoderConfig(files)->media.image), Ids{});

    // The published ids, but not in a vocabulary that is too small for them.
    json folder{{"model_type", "gemma3n_text"}};
    QCOMPARE(idsOf(readDecoderConfig(folderWith(folder))->media.image),
             (Ids{255999, 262145, 262144}));
    folder["vocab_size"] = 2304;
    folder["vocab_size_per_layer_input"] = 2048;
    QCOMPARE(idsOf(readDecoderConfig(folderWith(folder))->media.image), Ids{});
    folder["boi_token_id"] = 18;
    folder["image_token_id"] = 2049;
    folder["eoi_token_id"] = 2048;
    config = readDecoderConfig(folderWith(folder));
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(idsOf(config->media.image), (Ids{18, 2049, 2048}));
    QCOMPARE(idsOf(config->media.sound), Ids{});
}

void ConfigTest::endTokensComeFromEveryPlace()
{
    using Ids = std::vector<std::uint32_t>;
    const auto ends = [](const ModelFiles& files) {
        const auto config = readDecoderConfig(files);
        return config ? config->endTokens : Ids{};
    };
    auto files = smallestGguf();
    files.metadata.values["tokenizer.ggml.tokens"] = publishedPieces(262144);
    QCOMPARE(ends(files), (Ids{1, 106}));
    files.metadata.values["tokenizer.ggml.eos_token_id"] = std::uint64_t{106};
    QCOMPARE(ends(files), (Ids{106, 1}));
    files.metadata.values["tokenizer.ggml.eot_token_id"] = std::uint64_t{212};  // </s>
    QCOMPARE(ends(files), (Ids{106, 1}));

    json config{{"model_type", "gemma3n_text"}, {"eos_token_id", 1}};
    QCOMPARE(ends(folderWith(config, R"({"eos_token_id": [1, 106]})")), (Ids{1, 106}));
    config["eos_token_id"] = {5, 999999999};  // one beyond the vocabulary is never drawn
    QCOMPARE(ends(folderWith(config)), Ids{5});
}

void ConfigTest::gemma3ReadsItsScale()
{
    const auto config = readDecoderConfig(
        folderWith({{"model_type", "gemma3_text"}, {"query_pre_attn_scalar", 168}}));
    QVERIFY2(config, qPrintable(errorOf(config)));
    QCOMPARE(config->attentionScale, static_cast<float>(1.0 / std::sqrt(168.0)));
    QCOMPARE(config->finalLogitSoftcap, 0.0F);
    QCOMPARE(config->kvLayers, 26U);
    QCOMPARE(config->layers[25].kvLayer, 25U);
    QCOMPARE(config->altupInputs, 0U);
    QVERIFY(config->layers[5].kind == LayerKind::Full);
    QVERIFY(config->layers[4].kind == LayerKind::Sliding);

    const auto gguf = readDecoderConfig(smallestGguf("gemma3"));
    QVERIFY2(gguf, qPrintable(errorOf(gguf)));
    QCOMPARE(gguf->attentionScale, 0.0625F);
    QCOMPARE(gguf->finalLogitSoftcap, 0.0F);
}

void ConfigTest::badGgufNumbersAreNamed_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<int>("value");
    const auto row = [](const char* key, int value) {
        QTest::addRow("%s %d", key, value) << QString(key) << value;
    };
    row("block_count", 0);
    row("block_count", 1025);
    row("block_count", -1);
    row("embedding_length", 0);
    row("embedding_length", 2000000);
    row("feed_forward_length", 0);
    row("feed_forward_length", 2000000000);
    row("attention.head_count", 0);
    row("attention.head_count", 1000000);  // of 256: too many rows to index
    row("attention.head_count_kv", 3);
    row("attention.head_count_kv", 16);
    row("attention.key_length", 255);
    row("attention.key_length", 0);
    row("attention.value_length", 128);
    row("attention.sliding_window", 0);
    row("attention.layer_norm_rms_epsilon", -1);
    row("attention.shared_kv_layers", 30);
    row("attention.shared_kv_layers", -1);
    row("context_length", 0);
    row("rope.freq_base", 0);
    row("altup.num_inputs", 9);
    row("altup.num_inputs", 0);
    row("altup.active_idx", 4);
    row("embedding_length_per_layer_input", 0);
    row("final_logit_softcapping", -30);
}

void ConfigTest::badGgufNumbersAreNamed()
{
    QFETCH(const QString, key);
    QFETCH(const int, value);
    const std::string full = "gemma3n." + key.toStdString();
    auto files = smallestGguf();
    files.metadata.values[full] = std::int64_t{value};
    const auto config = readDecoderConfig(files);
    QVERIFY(!config);
    QVERIFY(config.error().code == ErrorCode::InvalidFile);
    QVERIFY2(errorOf(config).contains(full.c_str()), qPrintable(errorOf(config)));

    files.metadata.values[full] = std::string("many");
    QVERIFY2(errorOf(readDecoderConfig(files)).contains(full.c_str()),
             qPrintable(errorOf(readDecoderConfig(files))));
    files.metadata.values[full] = std::numeric_limits<double>::quiet_NaN();
    QVERIFY2(errorOf(readDecoderConfig(files)).contains(full.c_str()),
             qPrintable(errorOf(readDecoderConfig(files))));
}

void ConfigTest::badJsonNumbersAreNamed_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QByteArray>("value");
    const auto row = [](const char* key, const char* value) {
        QTest::addRow("%s %s", key, value) << QString(key) << QByteArray(value);
    };
    row("num_hidden_layers", "0");
    row("num_hidden_layers", "\"many\"");
    row("num_hidden_layers", "99999999999999999999");
    row("num_hidden_layers", "18446744073709551615");
    row("hidden_size", "-2048");
    row("hidden_size", "2048.5");
    row("head_dim", "7");
    row("num_key_value_heads", "3");
    row("num_attention_heads", "[8]");
    row("intermediate_size", "0");
    row("intermediate_size", "[1, 2]");
    row("intermediate_size", "1e300");
    row("intermediate_size", "\"wide\"");
    row("intermediate_size", "[null]");
    row("vocab_size", "0");
    row("vocab_size_per_layer_input", "262401");
    row("layer_types", "[\"full_attention\"]");
    row("layer_types", "\"full\"");
    row("layer_types", "[3]");
    row("activation_sparsity_pattern", "1.0");
    row("activation_sparsity_pattern", "-0.5");
    row("activation_sparsity_pattern", "[0.95]");
    row("num_kv_shared_layers", "35");
    row("rms_norm_eps", "-1");
    row("rope_theta", "0");
    row("sliding_window", "0");
    row("altup_num_inputs", "9");
    row("altup_correct_scale", "false");
    row("tie_word_embeddings", "false");
    row("attention_bias", "true");
    row("hidden_activation", "\"silu\"");
    row("bos_token_id", "262400");
    row("boi_token_id", "262144");
    row("image_token_id", "7");
    row("image_token_id", "262144");  // the end's
    row("eoa_token_id", "-1");
    row("audio_token_id", "\"sound\"");
}

void ConfigTest::badJsonNumbersAreNamed()
{
    QFETCH(const QString, key);
    QFETCH(const QByteArray, value);
    json config{{"model_type", "gemma3n_text"}};
    config[key.toStdString()] = json::parse(value.toStdString());
    const auto read = readDecoderConfig(folderWith(config));
    QVERIFY(!read);
    QVERIFY2(errorOf(read).contains(key), qPrintable(errorOf(read)));
    QVERIFY2(errorOf(read).contains("config.json"), qPrintable(errorOf(read)));
}

void ConfigTest::otherArchitecturesAreNamed()
{
    const auto gguf = readDecoderConfig(smallestGguf("llama"));
    QVERIFY(!gguf);
    QVERIFY(gguf.error().code == ErrorCode::UnsupportedModel);
    QVERIFY2(errorOf(gguf).contains("'llama'"), qPrintable(errorOf(gguf)));

    const auto hugging = readDecoderConfig(folderWith({{"model_type", "qwen3"}}));
    QVERIFY(!hugging);
    QVERIFY(hugging.error().code == ErrorCode::UnsupportedModel);
    QVERIFY2(errorOf(hugging).contains("'qwen3'"), qPrintable(errorOf(hugging)));

    ModelFiles none;
    none.path = "none.gguf";
    QVERIFY(errorOf(readDecoderConfig(none)).contains("general.architecture is missing"));
    QVERIFY(errorOf(readDecoderConfig(folderWith(json::object()))).contains("model_type"));
}

QTEST_GUILESS_MAIN(ConfigTest)
#include "config_test.moc"
