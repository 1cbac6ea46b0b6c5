#include <QTest>

#include <functional>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/audio/config.h"
#include "engine/audio/sources.h"
#include "engine/audio/tensor_names.h"
#include "tests/golden/audio_checks.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/seeded_weights.h"
#include "tests/support/stored_values.h"
#include "tests/support/temporary_folder.h"

using engine::ErrorCode;
using engine::file::TensorType;
using nlohmann::json;
using tests::SeededTensor;

using Change = std::function<void(json& config, std::vector<SeededTensor>& tensors)>;

Q_DECLARE_METATYPE(engine::file::TensorType)
Q_DECLARE_METATYPE(Change)

namespace {

std::size_t elementsOf(const SeededTensor& tensor)
{
    std::size_t elements = 1;
    for (const std::size_t extent : tensor.shape)
        elements *= extent;
    return elements;
}

// The name of a tensor in a GGUF file, from its name in a folder.
std::string ggufName(const std::string& name)
{
    engine::file::ModelFiles gguf;
    gguf.format = engine::file::Format::Gguf;
    const engine::audio::TensorNames names(gguf);
    const auto after = [&name](const std::string& prefix) {
        return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string();
    };
    if (const auto rest = after("model.audio_tower.subsample_conv_projection."); !rest.empty())
        return names.front(rest);
    if (const auto rest = after("model.embed_audio."); !rest.empty())
        return names.embedder(rest);
    const std::string rest = after("model.audio_tower.conformer.");
    const std::size_t dot = rest.find('.');
    return names.block(static_cast<std::uint32_t>(std::stoul(rest.substr(0, dot))),
                       rest.substr(dot + 1));
}

}  // namespace

// An encoder as files hold it: both forms, every type, and all that can be wrong with them.
class AudioFilesTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void everyTypeOfAGgufFileIsRead_data();
    void everyTypeOfAGgufFileIsRead();
    void widthsOfAGgufFileComeFromItsTensors();
    void depthwiseWeightsMayLackTheirMiddleExtent();
    void softTokensHaveAKeyInEachForm();
    void theEndOfAudioFollowsItsId();
    void whatIsWrongIsASentence_data();
    void whatIsWrongIsASentence();
    void filesWithoutAnEncoderSaySo();

private:
    // The small set as a GGUF file, matrices in `type`, with llama.cpp's metadata.
    tests::GgufWriter writer(TensorType type) const;
    engine::Result<engine::audio::AudioConfig> read(const Change& change) const;

    tests::GoldenAudio m_set;
    tests::TemporaryFolder m_folder;
};

void AudioFilesTest::initTestCase()
{
    auto set = tests::readGoldenAudio(TEST_DATA_DIR "/golden/audio/small");
    QVERIFY2(set, set ? "" : set.error().message.c_str());
    m_set = *std::move(set);
}

tests::GgufWriter AudioFilesTest::writer(TensorType type) const
{
    tests::GgufWriter gguf;
    gguf.text("general.architecture", "clip");
    gguf.text("clip.audio.projector_type", "gemma3na");
    gguf.u32("clip.audio.block_count", static_cast<std::uint32_t>(m_set.layers));
    gguf.u32("clip.audio.num_mel_bins", 128);
    // As wrong as in published files.
    gguf.u32("clip.audio.embedding_length", 9999);
    gguf.u32("clip.audio.feed_forward_length", 6144);
    gguf.u32("clip.audio.attention.head_count", 7);
    gguf.f32("clip.audio.attention.layer_norm_epsilon", 1e-5F);
    for (const SeededTensor& tensor : m_set.tensors) {
        const bool isMatrix = tensor.shape.size() == 2;
        const TensorType stored = isMatrix ? type : TensorType::F32;
        gguf.tensor(ggufName(tensor.name), {tensor.shape.begin(), tensor.shape.end()}, stored,
                    [this, stored, tensor] {
                        return tests::storedValues(
                            stored,
                            tests::seededWeights(m_set.name, tensor.name, elementsOf(tensor),
                                                 tensor.scale, tensor.offset));
                    });
    }
    return gguf;
}

void AudioFilesTest::everyTypeOfAGgufFileIsRead_data()
{
    QTest::addColumn<TensorType>("type");
    QTest::addColumn<double>("angle");  // 1 - cosine, of every row
    QTest::newRow("F32") << TensorType::F32 << 1e-6;
    QTest::newRow("F16") << TensorType::F16 << 1e-5;
    QTest::newRow("BF16") << TensorType::BF16 << 1e-4;  // eight bits of every weight
    QTest::newRow("Q8_0") << TensorType::Q8_0 << 2e-4;
}

void AudioFilesTest::everyTypeOfAGgufFileIsRead()
{
    QFETCH(const TensorType, type);
    QFETCH(const double, angle);
    const auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    const auto path = m_folder / "mmproj.gguf";
    writer(type).write(path);
    const auto encoder = engine::AudioEncoder::load(device, path, {}, {});
    QVERIFY2(encoder, encoder ? "" : encoder.error().message.c_str());
    QCOMPARE((*encoder)->info().softTokensPerClip, 188U);
    const auto& expected = m_set.cases.front();
    const auto heard = tests::hear(*encoder, expected.samples, expected.samples.size());
    QVERIFY2(heard, heard ? "" : heard.error().message.c_str());
    QCOMPARE(heard->rows.size(), expected.softTokens.size());
    const double actual =
        tests::largestRowAngle(heard->rows, expected.softTokens, m_set.textHidden);
    qInfo("| %-4s | 1 - cosine %.1e |", engine::file::typeInfo(type).name.data(), actual);
    QVERIFY(actual <= angle);
}

void AudioFilesTest::widthsOfAGgufFileComeFromItsTensors()
{
    const auto path = m_folder / "widths.gguf";
    writer(TensorType::F32).write(path);
    const auto files = engine::file::openModelFiles(path);
    QVERIFY2(files, files ? "" : files.error().message.c_str());
    const auto config = engine::audio::readAudioConfig(*files);
    QVERIFY2(config, config ? "" : config.error().message.c_str());
    QCOMPARE(config->hiddenSize, 64U);
    QCOMPARE(config->heads, 4U);
    QCOMPARE(config->headDim, 16U);
    QCOMPARE(config->ffnWidth, 256U);
    QCOMPARE(config->layers, 3U);
    QCOMPARE(config->convTaps, 5U);
    QCOMPARE(config->front[0].outputChannels, 24U);
    QCOMPARE(config->front[1].outputChannels, 8U);
    QCOMPARE(config->textHiddenSize, 64U);
    QCOMPARE(config->rmsNormEpsilon, 1e-6F);
}

void AudioFilesTest::depthwiseWeightsMayLackTheirMiddleExtent()
{
    tests::GgufWriter gguf = writer(TensorType::F32);
    for (auto& tensor : gguf.tensors) {
        if (tensor.name.ends_with("conv_dw.weight"))
            tensor.shape = {tensor.shape.front(), tensor.shape.back()};
    }
    const auto path = m_folder / "depthwise.gguf";
    gguf.write(path);
    const auto files = engine::file::openModelFiles(path);
    QVERIFY(files);
    const auto config = engine::audio::readAudioConfig(*files);
    QVERIFY2(config, config ? "" : config.error().message.c_str());
    const auto sources = engine::audio::findTensors(*config, *files);
    QVERIFY2(sources, sources ? "" : sources.error().message.c_str());
}

engine::Result<engine::audio::AudioConfig> AudioFilesTest::read(const Change& change) const
{
    json config = json::parse(m_set.configJson);
    std::vector<SeededTensor> tensors = m_set.tensors;
    change(config, tensors);
    const tests::TemporaryFolder folder;
    ENGINE_TRY_VOID(
        tests::writeSeededFolder(m_set.name, tensors, false, config.dump(), folder.path()));
    ENGINE_TRY(const auto files, engine::file::openModelFiles(folder.path()));
    ENGINE_TRY(const auto result, engine::audio::readAudioConfig(files));
    ENGINE_TRY_VOID(engine::audio::findTensors(result, files));
    return result;
}

void AudioFilesTest::softTokensHaveAKeyInEachForm()
{
    const auto golden = read([](json& config, auto&) { config["soft_tokens_per_clip"] = 7; });
    QVERIFY(golden);
    QCOMPARE(golden->softTokensPerClip, 7U);
    const auto published = read([](json& config, auto&) {
        config.erase("soft_tokens_per_clip");
        config["audio_soft_tokens_per_image"] = 48;
    });
    QVERIFY(published);
    QCOMPARE(published->softTokensPerClip, 48U);
    const auto silent = read([](json& config, auto&) { config.erase("soft_tokens_per_clip"); });
    QVERIFY(silent);
    QCOMPARE(silent->softTokensPerClip, 188U);

    tests::GgufWriter gguf = writer(TensorType::F32);
    gguf.u32("nestling.audio.soft_tokens_per_clip", 33);
    const auto path = m_folder / "tokens.gguf";
    gguf.write(path);
    const auto files = engine::file::openModelFiles(path);
    QVERIFY(files);
    const auto config = engine::audio::readAudioConfig(*files);
    QVERIFY(config);
    QCOMPARE(config->softTokensPerClip, 33U);
}

void AudioFilesTest::theEndOfAudioFollowsItsId()
{
    const auto silent = read([](json&, auto&) {});
    QVERIFY(silent);
    QCOMPARE(silent->endOfAudioRow, 0U);
    const auto spoken = read([](json& config, auto&) { config["eoa_token_id"] = 1005; });
    QVERIFY(spoken);
    QCOMPARE(spoken->endOfAudioRow, 5U);
}

void AudioFilesTest::whatIsWrongIsASentence_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("expected");
    const auto audio = [](const char* name, const char* key, const json& value,
                          const char* expected) {
        QTest::newRow(name) << Change([key, value](json& config, auto&) {
            config["audio_config"][key] = value;
        }) << expected;
    };
    audio("another width", "hidden_size", 128, "has shape");
    audio("no width", "hidden_size", 0, "the hidden size is 0");
    audio("a width that wraps", "hidden_size", 4294967360, "the hidden size");
    audio("a width in words", "hidden_size", "wide", "hidden_size is not a whole number");
    audio("heads that do not divide", "conf_num_attention_heads", 5, "does not divide");
    audio("too many blocks", "conf_num_hidden_layers", 4, "conformer.3.");
    audio("a billion blocks", "conf_num_hidden_layers", 1000000000, "the number of blocks");
    audio("channels that are no list", "sscp_conv_channel_size", 24, "not a list of two");
    audio("other channels", "sscp_conv_channel_size", json::array({24, 16}), "has shape");
    audio("strides past the kernel", "sscp_conv_stride_size",
          json::array({json::array({4, 2}), json::array({2, 2})}), "the stride of convolution 0");
    audio("sound to come", "conf_attention_context_right", 2, "cannot be waited for");
    audio("a huge window", "conf_attention_context_left", 100000, "conf_attention_context_left");
    audio("no cap", "conf_attention_logit_cap", 0.0, "conf_attention_logit_cap");
    audio("another kernel", "conf_conv_kernel_size", 7, "depthwise_conv1d");
    audio("no reduction", "conf_reduction_factor", 0, "conf_reduction_factor");
    QTest::newRow("no tokens") << Change([](json& config, auto&) {
        config["soft_tokens_per_clip"] = 0;
    }) << "soft tokens of a clip";
    QTest::newRow("an end outside the table")
        << Change([](json& config, auto&) { config["eoa_token_id"] = 5; }) << "eoa_token_id";

    const auto without = [](const char* name, const char* part) {
        QTest::newRow(name) << Change([part](json&, std::vector<SeededTensor>& tensors) {
            std::erase_if(tensors, [part](const SeededTensor& tensor) {
                return tensor.name.ends_with(std::string(part) + ".weight");
            });
        }) << QString(part) + ".weight is missing";
    };
    without("no front", "conv_0.conv");
    without("no matrix", "conformer.1.attention.post");
    without("no feed forward", "conformer.0.ffw_layer_start.ffw_layer_1");
    without("no projection", "embed_audio.embedding_projection");
    without("no table", "embed_audio.embedding");
}

void AudioFilesTest::whatIsWrongIsASentence()
{
    QFETCH(const Change, change);
    QFETCH(const QString, expected);
    const auto result = read(change);
    QVERIFY(!result);
    const QString message = QString::fromStdString(result.error().message);
    QVERIFY2(message.contains(expected) && message.endsWith('.'), qPrintable(message));
}

void AudioFilesTest::filesWithoutAnEncoderSaySo()
{
    const auto folder = read([](json& config, auto&) { config.erase("audio_config"); });
    QVERIFY(!folder);
    QCOMPARE(folder.error().code, ErrorCode::UnsupportedModel);

    tests::GgufWriter gguf;
    gguf.text("general.architecture", "clip");
    gguf.text("clip.audio.projector_type", "gemma4a");
    gguf.tensor("a.blk.0.attn_q.weight", {2, 2}, TensorType::F32,
                [] { return std::vector<std::byte>(16); });
    const auto path = m_folder / "other.gguf";
    gguf.write(path);
    const auto files = engine::file::openModelFiles(path);
    QVERIFY(files);
    const auto config = engine::audio::readAudioConfig(*files);
    QVERIFY(!config);
    QCOMPARE(config.error().code, ErrorCode::UnsupportedModel);
    QVERIFY(config.error().message.find("gemma3na") != std::string::npos);
}

QTEST_GUILESS_MAIN(AudioFilesTest)
#include "files_test.moc"
