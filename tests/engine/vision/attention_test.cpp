#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "engine/device.h"
#include "engine/vision/encoding.h"
#include "engine/vision_state.h"
#include "tests/reference/vision.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_model.h"
#include "tests/support/golden_picture.h"
#include "tests/support/random_data.h"
#include "tests/support/seeded_weights.h"
#include "tests/support/temporary_folder.h"

using reference::Map;
using tests::GoldenEncoder;

namespace {

const std::string kBlock = "model.vision_tower.timm_model.blocks.2.3.";
constexpr double kEpsilon = 1e-6;
constexpr std::size_t kSize = 12;  // pixels of a side in stage 2, of a picture of 192

// Rows of `width` values: one for each pixel.
Map addScaled(const Map& x, const Map& more, const std::vector<float>& scale)
{
    Map y = x;
    for (std::size_t i = 0; i < y.values.size(); ++i)
        y.values[i] += scale[i % scale.size()] * more.values[i];
    return y;
}

}  // namespace

// A block of attention whose heads fill no whole rows of eight, which no published set has, against
// plain loops.
class VisionAttentionTest : public QObject {
    Q_OBJECT

private slots:
    void headsMayHaveAnySize_data();
    void headsMayHaveAnySize();

private:
    std::vector<float> weights(const std::string& name) const;
    Map projected(const Map& x, const std::string& which) const;
    Map attend(const Map& x, std::size_t headDim) const;

    GoldenEncoder m_encoder;
};

std::vector<float> VisionAttentionTest::weights(const std::string& name) const
{
    const auto tensor = std::find_if(m_encoder.tensors.begin(), m_encoder.tensors.end(),
                                     [&](const auto& t) { return t.name == kBlock + name; });
    std::size_t size = 1;
    for (const std::size_t dimension : tensor->shape)
        size *= dimension;
    return tests::seededWeights(m_encoder.name, tensor->name, size, tensor->scale, tensor->offset);
}

// Keys or values: half of the pixels a side, normalised, one head.
Map VisionAttentionTest::projected(const Map& x, const std::string& which) const
{
    const auto down = weights("attn." + which + ".down_conv.weight");
    const Map smaller = reference::channelNorm(reference::depthwiseConv2d(x, down, 3, 2),
                                               weights("attn." + which + ".norm.weight"), kEpsilon);
    const auto projection = weights("attn." + which + ".proj.weight");
    return reference::conv2d(smaller, projection, projection.size() / x.channels, 1, 1);
}

// Spec 02 §4.3.
Map VisionAttentionTest::attend(const Map& x, std::size_t headDim) const
{
    const Map normed = reference::channelNorm(x, weights("norm.weight"), kEpsilon);
    const auto queryWeights = weights("attn.query.proj.weight");
    const Map query =
        reference::conv2d(normed, queryWeights, queryWeights.size() / x.channels, 1, 1);
    const Map key = projected(normed, "key");
    const Map value = projected(normed, "value");
    const std::size_t positions = key.size * key.size;

    Map attended = query;
    for (std::size_t first = 0; first < query.values.size(); first += headDim) {
        std::vector<float> scores(positions);
        for (std::size_t p = 0; p < positions; ++p) {
            double sum = 0.0;
            for (std::size_t i = 0; i < headDim; ++i)
                sum += static_cast<double>(query.values[first + i]) * key.values[p * headDim + i];
            scores[p] = static_cast<float>(sum);
        }
        const auto shares = reference::softmaxRows(scores, positions,
                                                   1.0 / std::sqrt(static_cast<double>(headDim)));
        for (std::size_t i = 0; i < headDim; ++i) {
            double sum = 0.0;
            for (std::size_t p = 0; p < positions; ++p)
                sum += static_cast<double>(shares[p]) * value.values[p * headDim + i];
            attended.values[first + i] = static_cast<float>(sum);
        }
    }
    const Map output =
        reference::conv2d(attended, weights("attn.output.proj.weight"), x.channels, 1, 1);
    return addScaled(x, output, weights("layer_scale.gamma"));
}

void VisionAttentionTest::headsMayHaveAnySize_data()
{
    QTest::addColumn<uint>("heads");
    QTest::addColumn<uint>("headDim");
    QTest::newRow("four of 32, as it is") << 4U << 32U;
    QTest::newRow("three of 20") << 3U << 20U;
    QTest::newRow("one of 12") << 1U << 12U;
}

void VisionAttentionTest::headsMayHaveAnySize()
{
    QFETCH(const uint, heads);
    QFETCH(const uint, headDim);
    const auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    m_encoder = tests::readGoldenEncoder(TEST_DATA_DIR "/golden/vision/small");
    for (auto& tensor : m_encoder.tensors) {
        if (tensor.name == kBlock + "attn.query.proj.weight")
            tensor.shape[0] = std::size_t{heads} * headDim;
        if (tensor.name == kBlock + "attn.output.proj.weight")
            tensor.shape[1] = std::size_t{heads} * headDim;
        if (tensor.name == kBlock + "attn.key.proj.weight" ||
            tensor.name == kBlock + "attn.value.proj.weight")
            tensor.shape[0] = headDim;
    }
    const tests::TemporaryFolder folder;
    QVERIFY(tests::writeSeededFolder(m_encoder.name, m_encoder.tensors, false, m_encoder.configJson,
                                     folder.path()));
    const auto encoder = engine::VisionEncoder::load(device, folder.path(), {}, {});
    QVERIFY2(encoder, encoder ? "" : encoder.error().message.c_str());

    std::vector<std::uint8_t> rgb;
    for (const float value : tests::randomVector(std::size_t{192} * 192 * 3, 1))
        rgb.push_back(static_cast<std::uint8_t>(std::abs(value) * 255.0F));
    std::map<std::string, std::vector<float>> blocks;
    engine::vision::EncodingObserver observer;
    observer.tapped = [&blocks](const std::string& block, const std::vector<float>& values) {
        blocks[block] = values;
    };
    const auto& state = (*encoder)->state();
    const auto encoded = engine::vision::encodePicture(device->context(), state.device->catalogue(),
                                                       state.weights.network, state.config,
                                                       {192, 192, rgb}, 192, observer, {});
    QVERIFY2(encoded, encoded ? "" : encoded.error().message.c_str());

    const auto& before = blocks.at("block.2.2");
    const Map x{kSize, before.size() / (kSize * kSize), before};
    QVERIFY(tests::relativeError(blocks.at("block.2.3"), attend(x, headDim).values) < 1e-5);
}

QTEST_GUILESS_MAIN(VisionAttentionTest)
#include "attention_test.moc"
