#include "engine/decoder/tensor_plan.h"

#include <QTest>

#include <algorithm>

#include "engine/file/dequantize.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

using engine::decoder::Architecture;
using engine::decoder::DecoderConfig;
using engine::decoder::MatrixSource;
using engine::decoder::VectorSource;
using engine::file::ModelFiles;
using engine::file::TensorType;
using tests::TinyModel;
using tests::TinyModelOptions;

namespace {

struct Opened {
    ModelFiles files;
    DecoderConfig config;
};

// Opens what a test wrote; an empty model if that fails, which the test then notices.
Opened open(const std::filesystem::path& path)
{
    auto files = engine::file::openModelFiles(path);
    if (!files)
        return {};
    auto config = engine::decoder::readDecoderConfig(*files);
    if (!config)
        return {};
    return {*std::move(files), *std::move(config)};
}

QString firstProblem(const Opened& opened)
{
    const auto sources = engine::decoder::planTensors(opened.config, opened.files);
    return sources ? QString("no problem") : QString::fromStdString(sources.error().message);
}

std::vector<float> decoded(const MatrixSource& source)
{
    std::vector<float> values(std::size_t{source.rows} * source.columns);
    engine::file::dequantize(source.type, source.bytes, values);
    return values;
}

std::vector<float> decoded(const VectorSource& source)
{
    std::vector<float> values(source.size);
    engine::file::dequantize(source.type, source.bytes, values);
    for (float& value : values)
        value += source.offset;
    return values;
}

void removeTensor(TinyModel& model, const std::string& name)
{
    std::erase_if(model.tensors(),
                  [&](const tests::TinyTensor& tensor) { return tensor.name == name; });
}

}  // namespace

// Tensors found under both naming schemes, and what is said of those that are wrong.
class TensorPlanTest : public QObject {
    Q_OBJECT

private slots:
    void everySchemeFindsTheSameValues_data();
    void everySchemeFindsTheSameValues();
    void matricesKeepTheirTypes_data();
    void matricesKeepTheirTypes();
    void borrowingLayersNeedNoKeys();
    void coefficientsAreClipped();
    void gemma3HasNothingOfGemma3n();
    void theDemonstrationModelIsComplete();
    void missingTensorsAreNamed_data();
    void missingTensorsAreNamed();
    void wrongShapesAreNamed_data();
    void wrongShapesAreNamed();
    void unknownTensorsAreNamed();
    void encodersAreNoConcern();
    void otherTypesAreNamed();
    void headsMustRepeatTheEmbeddings();
    void shortPerLayerTablesAreNamed();
    void embeddingsOfTextPiecesAreEnough();
    void allProblemsAreListed();
    void anEmptyModelIsAllProblems();
};

void TensorPlanTest::everySchemeFindsTheSameValues_data()
{
    QTest::addColumn<bool>("isGemma3n");
    QTest::addColumn<QString>("prefix");
    for (const bool isGemma3n : {true, false}) {
        const char* model = isGemma3n ? "Gemma 3n" : "Gemma 3";
        QTest::addRow("%s, GGUF", model) << isGemma3n << "gguf";
        QTest::addRow("%s, text-only", model) << isGemma3n << "model.";
        QTest::addRow("%s, multimodal", model) << isGemma3n << "model.language_model.";
        QTest::addRow("%s, older multimodal", model) << isGemma3n << "language_model.model.";
        QTest::addRow("%s, bare", model) << isGemma3n << "";
    }
}

void TensorPlanTest::everySchemeFindsTheSameValues()
{
    QFETCH(const bool, isGemma3n);
    QFETCH(const QString, prefix);
    TinyModelOptions options;
    options.architecture = isGemma3n ? Architecture::Gemma3n : Architecture::Gemma3;
    const TinyModel model(options);
    const tests::TemporaryFolder folder;
    if (prefix == "gguf")
        model.writeGguf(folder / "tiny");
    else
        model.writeFolder(folder / "tiny", {.prefix = prefix.toStdString()});
    const Opened opened = open(folder / "tiny");
    const auto sources = engine::decoder::planTensors(opened.config, opened.files);
    QVERIFY2(sources, qPrintable(firstProblem(opened)));

    QCOMPARE(decoded(sources->embedTokens), model.values("embed_tokens.weight"));
    QCOMPARE(decoded(sources->finalNorm), model.values("norm.weight"));
    QCOMPARE(sources->layers.size(), std::size_t{6});
    const auto& layer = sources->layers[1];
    const auto is = [&](const auto& source, const char* name) {
        return decoded(source) == model.values(std::string("layers.1.") + name);
    };
    QVERIFY(is(layer.qProj, "self_attn.q_proj.weight"));
    QVERIFY(is(layer.kProj, "self_attn.k_proj.weight"));
    QVERIFY(is(layer.vProj, "self_attn.v_proj.weight"));
    QVERIFY(is(layer.oProj, "self_attn.o_proj.weight"));
    QVERIFY(is(layer.gateProj, "mlp.gate_proj.weight"));
    QVERIFY(is(layer.upProj, "mlp.up_proj.weight"));
    QVERIFY(is(layer.downProj, "mlp.down_proj.weight"));
    QVERIFY(is(layer.qNorm, "self_attn.q_norm.weight"));
    QVERIFY(is(layer.kNorm, "self_attn.k_norm.weight"));
    QVERIFY(is(layer.inputNorm, "input_layernorm.weight"));
    QVERIFY(is(layer.postAttentionNorm, "post_attention_layernorm.weight"));
    QVERIFY(is(layer.preFeedforwardNorm, "pre_feedforward_layernorm.weight"));
    QVERIFY(is(layer.postFeedforwardNorm, "post_feedforward_layernorm.weight"));
    if (!isGemma3n)
        return;
    QVERIFY(is(layer.laurelLeft, "laurel.linear_left.weight"));
    QVERIFY(is(layer.laurelRight, "laurel.linear_right.weight"));
    QVERIFY(is(layer.postLaurelNorm, "laurel.post_laurel_norm.weight"));
    QVERIFY(is(layer.altupRouter, "altup.modality_router.weight"));
    QVERIFY(is(layer.altupRouterNorm, "altup.router_norm.weight"));
    QVERIFY(is(layer.altupPredictionCoefs, "altup.prediction_coefs.weight"));
    QVERIFY(is(layer.altupCorrectionCoefs, "altup.correction_coefs.weight"));
    QVERIFY(is(layer.altupCorrectScale, "altup.correct_output_scale"));
    QVERIFY(is(layer.perLayerInputGate, "per_layer_input_gate.weight"));
    QVERIFY(is(layer.perLayerProjection, "per_layer_projection.weight"));
    QVERIFY(is(layer.postPerLayerInputNorm, "post_per_layer_input_norm.weight"));
    QCOMPARE(decoded(sources->embedTokensPerLayer), model.values("embed_tokens_per_layer.weight"));
    QCOMPARE(decoded(sources->perLayerModelProjection),
             model.values("per_layer_model_projection.weight"));
    QCOMPARE(decoded(sources->perLayerProjectionNorm),
             model.values("per_layer_projection_norm.weight"));
    QCOMPARE(sources->altupProjections.size(), std::size_t{3});
    QCOMPARE(sources->altupUnembedProjections.size(), std::size_t{3});
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string end = std::to_string(i) + ".weight";
        QCOMPARE(decoded(sources->altupProjections[i]), model.values("altup_projections." + end));
        QCOMPARE(decoded(sources->altupUnembedProjections[i]),
                 model.values("altup_unembed_projections." + end));
    }
}

void TensorPlanTest::matricesKeepTheirTypes_data()
{
    QTest::addColumn<int>("type");
    for (int type = 0; type <= static_cast<int>(TensorType::IQ4_XS); ++type) {
        const auto& info = engine::file::typeInfo(static_cast<TensorType>(type));
        QTest::newRow(std::string(info.name).c_str()) << type;
    }
}

void TensorPlanTest::matricesKeepTheirTypes()
{
    QFETCH(const int, type);
    TinyModelOptions options;
    options.matrixType = static_cast<TensorType>(type);
    options.hidden = 256;
    options.ffn = 512;
    const TinyModel model(options);
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    const Opened opened = open(folder / "tiny.gguf");
    const auto sources = engine::decoder::planTensors(opened.config, opened.files);
    QVERIFY2(sources, qPrintable(firstProblem(opened)));
    const MatrixSource& down = sources->layers[3].downProj;
    QVERIFY(down.type == options.matrixType);
    QCOMPARE(down.rows, 256U);
    QCOMPARE(down.columns, 512U);
    const auto& info = engine::file::typeInfo(down.type);
    QCOMPARE(down.rowBytes, std::uint64_t{512} / info.blockElements * info.blockBytes);
    QCOMPARE(down.bytes.size(), std::size_t{down.rowBytes * down.rows});
    QCOMPARE(decoded(sources->altupProjections[2]), model.values("altup_projections.2.weight"));

    // The same numbers as a folder holds, which has no block types.
    model.writeFolder(folder / "tiny");
    const Opened hugging = open(folder / "tiny");
    const auto other = engine::decoder::planTensors(hugging.config, hugging.files);
    QVERIFY2(other, qPrintable(firstProblem(hugging)));
    QCOMPARE(decoded(other->layers[3].downProj), decoded(down));
}

void TensorPlanTest::borrowingLayersNeedNoKeys()
{
    TinyModelOptions options;
    options.keepsBorrowedKeys = false;
    const tests::TemporaryFolder folder;
    TinyModel(options).writeGguf(folder / "without.gguf");
    TinyModel(options).writeFolder(folder / "without");
    TinyModel().writeGguf(folder / "with.gguf");
    for (const char* name : {"without.gguf", "without", "with.gguf"}) {
        const Opened opened = open(folder / name);
        const auto sources = engine::decoder::planTensors(opened.config, opened.files);
        QVERIFY2(sources, qPrintable(firstProblem(opened)));
        for (std::size_t i = 0; i < 6; ++i) {
            const auto& layer = sources->layers[i];
            QCOMPARE(layer.kProj.isPresent(), i < 4);
            QCOMPARE(layer.vProj.isPresent(), i < 4);
            QCOMPARE(layer.kNorm.isPresent(), i < 4);
            QVERIFY(layer.qProj.isPresent() && layer.qNorm.isPresent());
        }
    }
}

void TensorPlanTest::coefficientsAreClipped()
{
    const tests::TemporaryFolder folder;
    TinyModel().writeGguf(folder / "tiny.gguf");
    const Opened opened = open(folder / "tiny.gguf");
    const auto sources = engine::decoder::planTensors(opened.config, opened.files);
    QVERIFY2(sources, qPrintable(firstProblem(opened)));
    QCOMPARE(sources->layers[0].altupPredictionCoefs.clip, 120.0F);
    QCOMPARE(sources->layers[0].altupCorrectionCoefs.clip, 120.0F);
    QCOMPARE(sources->layers[0].altupRouter.clip, 0.0F);
    QCOMPARE(sources->layers[0].inputNorm.offset, 0.0F);
}

void TensorPlanTest::gemma3HasNothingOfGemma3n()
{
    TinyModelOptions options;
    options.architecture = Architecture::Gemma3;
    const tests::TemporaryFolder folder;
    TinyModel(options).writeFolder(folder / "tiny");
    const Opened opened = open(folder / "tiny");
    const auto sources = engine::decoder::planTensors(opened.config, opened.files);
    QVERIFY2(sources, qPrintable(firstProblem(opened)));
    QVERIFY(!sources->embedTokensPerLayer.isPresent());
    QVERIFY(sources->altupProjections.empty());
    QVERIFY(!sources->layers[0].laurelLeft.isPresent());
    QVERIFY(!sources->layers[0].altupRouter.isPresent());
    QVERIFY(sources->layers[5].kProj.isPresent());
    QCOMPARE(sources->layers[0].qNorm.offset, 1.0F);
}

void TensorPlanTest::theDemonstrationModelIsComplete()
{
    const Opened opened = open(RESOURCES_DIR "/models/nestling-demo-q8_0.gguf");
    const auto sources = engine::decoder::planTensors(opened.config, opened.files);
    QVERIFY2(sources, qPrintable(firstProblem(opened)));
    QCOMPARE(sources->embedTokensPerLayer.rows, 2304U);
    QCOMPARE(sources->embedTokensPerLayer.columns, 640U);
    QVERIFY(sources->layers[0].laurelRight.type == TensorType::F16);
    QVERIFY(!sources->layers[6].kProj.isPresent());
}

void TensorPlanTest::missingTensorsAreNamed_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("inGguf");
    QTest::newRow("k of a layer that owns it") << "layers.2.self_attn.k_proj.weight"
                                               << "blk.2.attn_k.weight";
    QTest::newRow("a norm") << "layers.5.input_layernorm.weight"
                            << "blk.5.attn_norm.weight";
    QTest::newRow("the table") << "embed_tokens_per_layer.weight"
                               << "per_layer_token_embd.weight";
    QTest::newRow("the embeddings") << "embed_tokens.weight"
                                    << "token_embd.weight";
    QTest::newRow("LAuReL") << "layers.0.laurel.linear_left.weight"
                            << "blk.0.laurel_l.weight";
}

void TensorPlanTest::missingTensorsAreNamed()
{
    QFETCH(const QString, name);
    QFETCH(const QString, inGguf);
    TinyModel model;
    removeTensor(model, name.toStdString());
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    model.writeFolder(folder / "tiny");
    const Opened opened = open(folder / "tiny.gguf");
    const auto problems = engine::decoder::tensorProblems(opened.config, opened.files);
    const auto wanted =
        (folder / "tiny.gguf").string() + ": tensor " + inGguf.toStdString() + " is missing.";
    QVERIFY2(std::find(problems.begin(), problems.end(), wanted) != problems.end(),
             qPrintable(firstProblem(opened)));
    const QString hugging = firstProblem(open(folder / "tiny"));
    QVERIFY2(hugging.contains("model." + name + " is missing"), qPrintable(hugging));
}

void TensorPlanTest::wrongShapesAreNamed_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QList<uint>>("shape");
    QTest::newRow("transposed") << "layers.1.mlp.down_proj.weight" << QList<uint>{128, 64};
    QTest::newRow("another width") << "layers.1.mlp.gate_proj.weight" << QList<uint>{96, 64};
    QTest::newRow("too few rows") << "layers.0.self_attn.q_proj.weight" << QList<uint>{32, 64};
    QTest::newRow("the router") << "layers.0.altup.modality_router.weight" << QList<uint>{3, 64};
    QTest::newRow("one more dimension")
        << "layers.0.laurel.linear_right.weight" << QList<uint>{2, 64, 8};
    QTest::newRow("one less") << "layers.0.per_layer_projection.weight" << QList<uint>{1024};
}

void TensorPlanTest::wrongShapesAreNamed()
{
    QFETCH(const QString, name);
    QFETCH(const QList<uint>, shape);
    TinyModel model;
    model.tensor(name.toStdString()).shape = {shape.begin(), shape.end()};
    const tests::TemporaryFolder folder;
    model.writeFolder(folder / "tiny");
    const QString message = firstProblem(open(folder / "tiny"));
    QVERIFY2(message.contains(name + " has shape ["), qPrintable(message));
}

void TensorPlanTest::unknownTensorsAreNamed()
{
    TinyModel model;
    model.tensors().push_back({"layers.6.self_attn.q_proj.weight", {64, 64}});
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    model.writeFolder(folder / "tiny");
    const QString gguf = firstProblem(open(folder / "tiny.gguf"));
    QVERIFY2(gguf.contains("blk.6.attn_q.weight is not known"), qPrintable(gguf));
    const QString hugging = firstProblem(open(folder / "tiny"));
    QVERIFY2(hugging.contains("layers.6.self_attn.q_proj.weight is not known"),
             qPrintable(hugging));
}

void TensorPlanTest::encodersAreNoConcern()
{
    const tests::TemporaryFolder folder;
    TinyModel model;
    for (const char* name : {"vision_tower.conv.weight", "audio_tower.conv.weight",
                             "embed_vision.embedding.weight", "embed_audio.embedding.weight"})
        model.tensors().push_back({name, {4, 4}});
    model.writeFolder(folder / "tiny");
    QCOMPARE(firstProblem(open(folder / "tiny")), QString("no problem"));

    TinyModel().writeGguf(folder / "tiny.gguf");
    Opened opened = open(folder / "tiny.gguf");
    for (const char* name : {"v.conv.weight", "a.conv.weight", "mm.weight", "rope_freqs.weight"})
        opened.files.tensors.tensors[name] = opened.files.tensors.tensors["output_norm.weight"];
    QCOMPARE(firstProblem(opened), QString("no problem"));
}

void TensorPlanTest::otherTypesAreNamed()
{
    const tests::TemporaryFolder folder;
    TinyModel().writeFolder(folder / "tiny");
    Opened opened = open(folder / "tiny");
    const char* name = "model.layers.0.mlp.up_proj.weight";
    opened.files.tensors.tensors.erase(name);
    opened.files.tensors.unreadable[name] = "F8_E4M3";
    opened.files.tensors.unreadable["model.position_ids"] = "I64";
    QCOMPARE(engine::decoder::tensorProblems(opened.config, opened.files).size(), std::size_t{1});
    QVERIFY(firstProblem(opened).contains("up_proj.weight is stored as F8_E4M3"));
}

void TensorPlanTest::headsMustRepeatTheEmbeddings()
{
    const tests::TemporaryFolder folder;
    TinyModel().writeFolder(folder / "tiny");
    Opened opened = open(folder / "tiny");
    auto& tensors = opened.files.tensors.tensors;
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"];
    QCOMPARE(firstProblem(opened), QString("no problem"));

    const auto original = tensors["lm_head.weight"].bytes;
    std::vector<std::byte> changed(original.begin(), original.end());
    changed.at(original.size() - 1) ^= std::byte{1};
    tensors["lm_head.weight"].bytes = changed;
    QVERIFY(firstProblem(opened).contains("lm_head.weight is an output head that differs"));
}

void TensorPlanTest::shortPerLayerTablesAreNamed()
{
    TinyModel model;
    model.tensor("embed_tokens_per_layer.weight").shape.front() = 319;
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    const QString message = firstProblem(open(folder / "tiny.gguf"));
    QVERIFY2(message.contains("per_layer_token_embd.weight has shape [319, 96] instead of"),
             qPrintable(message));
}

void TensorPlanTest::embeddingsOfTextPiecesAreEnough()
{
    TinyModel model;
    model.tensor("embed_tokens.weight").shape.front() = 320;
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    model.writeFolder(folder / "tiny");
    for (const char* name : {"tiny.gguf", "tiny"}) {
        const Opened opened = open(folder / name);
        QCOMPARE(firstProblem(opened), QString("no problem"));
        QCOMPARE(opened.config.vocabularySize, 320U);
    }
}

void TensorPlanTest::allProblemsAreListed()
{
    TinyModel model;
    removeTensor(model, "layers.0.mlp.up_proj.weight");
    removeTensor(model, "layers.3.self_attn.q_norm.weight");
    model.tensor("norm.weight").shape = {63};
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    const Opened opened = open(folder / "tiny.gguf");
    QCOMPARE(engine::decoder::tensorProblems(opened.config, opened.files).size(), std::size_t{3});
}

void TensorPlanTest::anEmptyModelIsAllProblems()
{
    const tests::TemporaryFolder folder;
    TinyModel().writeGguf(folder / "tiny.gguf");
    Opened opened = open(folder / "tiny.gguf");
    opened.files.tensors.tensors.clear();
    QVERIFY(engine::decoder::tensorProblems(opened.config, opened.files).size() > 100);
    QVERIFY(firstProblem(opened).contains("is missing"));
}

QTEST_GUILESS_MAIN(TensorPlanTest)
#include "tensor_plan_test.moc"
