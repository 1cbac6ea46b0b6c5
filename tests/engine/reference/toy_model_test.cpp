#include <QTest>

#include <array>
#include <cmath>

#include "tests/reference/decoder.h"
#include "tests/support/comparison.h"

using engine::decoder::DecoderConfig;
using engine::decoder::LayerKind;
using reference::DecoderWeights;
using reference::LayerWeights;

namespace {

constexpr std::array<std::uint32_t, 7> kTokens{3, 7, 1, 10, 2, 5, 9};
constexpr std::size_t kVocabulary = 11;
constexpr std::size_t kHidden = 16;
constexpr std::size_t kWidth = 24;  // of the feed-forward network

// The published values have nine digits and come from float64 arithmetic.
constexpr double kTolerance = 1e-5;

// The linear congruential generator of spec 01 §10.1.
class ToyStream {
public:
    double next()
    {
        m_state = m_state * 1664525U + 1013904223U;
        return (m_state >> 8U) / 16777216.0 - 0.5;
    }

    std::vector<float> matrix(std::size_t rows, std::size_t columns, double scale = 1.0)
    {
        return draw(rows * columns, scale, 0.0);
    }

    std::vector<float> vector(std::size_t size) { return draw(size, 1.0, 1.0); }

private:
    std::vector<float> draw(std::size_t size, double scale, double offset)
    {
        std::vector<float> values(size);
        for (float& value : values)
            value = static_cast<float>(offset + scale * next());
        return values;
    }

    std::uint32_t m_state = 1;
};

DecoderConfig toyConfig()
{
    DecoderConfig config;
    const auto layer = [](LayerKind kind, float sparsityMultiplier, std::uint32_t kvLayer) {
        return engine::decoder::LayerConfig{kind, kWidth, sparsityMultiplier, kvLayer};
    };
    config.layers = {
        layer(LayerKind::Sliding, 0.8224267F, 0), layer(LayerKind::Sliding, 0.8224267F, 1),
        layer(LayerKind::Full, 0.0F, 2),          layer(LayerKind::Sliding, 0.0F, 3),
        layer(LayerKind::Sliding, 0.0F, 3),       layer(LayerKind::Full, 0.0F, 2)};
    config.kvLayers = 4;
    config.hiddenSize = kHidden;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = 4;
    config.vocabularySize = kVocabulary;
    config.textVocabularySize = kVocabulary;
    config.slidingWindow = 3;
    config.contextLength = 32;
    config.finalLogitSoftcap = 30.0F;
    config.altupInputs = 4;
    config.laurelRank = 3;
    config.perLayerInputSize = 4;
    return config;
}

LayerWeights toyLayer(ToyStream& stream)
{
    LayerWeights layer;
    layer.altupRouter = stream.matrix(4, 16, 16.0);
    layer.altupRouterNorm = stream.vector(16);
    layer.altupPredictionCoefs = stream.matrix(16, 4);
    layer.altupCorrectionCoefs = stream.matrix(4, 4);
    layer.altupCorrectScale = stream.vector(16);
    layer.qProj = stream.matrix(16, 16);
    layer.kProj = stream.matrix(8, 16);
    layer.vProj = stream.matrix(8, 16);
    layer.oProj = stream.matrix(16, 16);
    layer.qNorm = stream.vector(4);
    layer.kNorm = stream.vector(4);
    layer.inputNorm = stream.vector(16);
    layer.postAttentionNorm = stream.vector(16);
    layer.preFeedforwardNorm = stream.vector(16);
    layer.postFeedforwardNorm = stream.vector(16);
    layer.laurelLeft = stream.matrix(3, 16);
    layer.laurelRight = stream.matrix(16, 3);
    layer.postLaurelNorm = stream.vector(16);
    layer.gateProj = stream.matrix(24, 16);
    layer.upProj = stream.matrix(24, 16);
    layer.downProj = stream.matrix(16, 24);
    layer.perLayerInputGate = stream.matrix(4, 16);
    layer.perLayerProjection = stream.matrix(16, 4);
    layer.postPerLayerInputNorm = stream.vector(16);
    return layer;
}

DecoderWeights toyWeights()
{
    ToyStream stream;
    DecoderWeights weights;
    weights.embedTokens = stream.matrix(11, 16);
    weights.embedTokensPerLayer = stream.matrix(11, 24);
    weights.perLayerModelProjection = stream.matrix(24, 16);
    weights.perLayerProjectionNorm = stream.vector(4);
    for (int i = 0; i < 3; ++i)
        weights.altupProjections.push_back(stream.matrix(16, 16));
    for (int i = 0; i < 3; ++i)
        weights.altupUnembedProjections.push_back(stream.matrix(16, 16));
    weights.finalNorm = stream.vector(16);
    for (int l = 0; l < 6; ++l)
        weights.layers.push_back(toyLayer(stream));
    return weights;
}

// The first `width` neurons of every feed-forward network.
void slice(DecoderWeights& weights, std::size_t width)
{
    for (LayerWeights& layer : weights.layers) {
        layer.gateProj.resize(width * kHidden);
        layer.upProj.resize(width * kHidden);
        std::vector<float> down;
        for (std::size_t r = 0; r < kHidden; ++r) {
            const auto row = layer.downProj.begin() + static_cast<std::ptrdiff_t>(r * kWidth);
            down.insert(down.end(), row, row + static_cast<std::ptrdiff_t>(width));
        }
        layer.downProj = down;
    }
}

std::span<const float> logitsOf(const reference::ForwardPass& pass, std::size_t token)
{
    return std::span(pass.logits).subspan(token * kVocabulary, kVocabulary);
}

}  // namespace

// The reference decoder against the toy model of spec 01 §10.1, whose values were computed apart
// from it.
class ToyModelTest : public QObject {
    Q_OBJECT

private slots:
    void generatorGivesThePublishedDraws();
    void streamsAfterTheFirstLayer();
    void logitsOfTheFirstAndLastToken();
    void logitsOfTheHalvedNetwork();
    void laterTokensDoNotChangeEarlierOnes();
};

void ToyModelTest::generatorGivesThePublishedDraws()
{
    ToyStream stream;
    for (const double expected : {-0.263544499874115, -0.130729377269745, 0.004242002964020})
        QVERIFY(std::abs(stream.next() - expected) < 1e-14);
}

void ToyModelTest::streamsAfterTheFirstLayer()
{
    const auto pass = reference::forward(toyConfig(), toyWeights(), kTokens);

    const std::size_t size = kTokens.size() * kHidden;  // of one stream
    const std::span<const float> layer1 = std::span(pass.streams).subspan(4 * size);
    const std::array first{3.631592243F, 4.349662078F, 1.932893083F};
    const std::array second{2.409400628F, -0.136292530F, -1.040441053F};
    QVERIFY(tests::largestError(layer1.first(3), first) < kTolerance);
    QVERIFY(tests::largestError(layer1.subspan(size, 3), second) < kTolerance);
}

void ToyModelTest::logitsOfTheFirstAndLastToken()
{
    const auto pass = reference::forward(toyConfig(), toyWeights(), kTokens);

    const std::array first{-1.900681F, 0.619409F, 0.788898F,  0.988665F, 0.508146F, 1.506504F,
                           0.710155F,  1.633628F, -0.349193F, 1.903739F, 0.775625F};
    const std::array last{-0.786454F, -0.625672F, 0.226139F,  1.493717F, -0.698015F, 1.792725F,
                          0.146302F,  0.304784F,  -0.684687F, 2.584848F, 0.253119F};
    QVERIFY(tests::largestError(logitsOf(pass, 0), first) < kTolerance);
    QVERIFY(tests::largestError(logitsOf(pass, 6), last) < kTolerance);
}

void ToyModelTest::logitsOfTheHalvedNetwork()
{
    DecoderWeights weights = toyWeights();
    slice(weights, kWidth / 2);
    const auto pass = reference::forward(toyConfig(), weights, kTokens);

    const std::array last{-0.462059F, 0.108501F,  1.338162F,  0.777228F, -2.053495F, 0.943291F,
                          -0.033415F, -0.240880F, -0.294348F, 2.185300F, 0.911647F};
    QVERIFY(tests::largestError(logitsOf(pass, 6), last) < kTolerance);
}

void ToyModelTest::laterTokensDoNotChangeEarlierOnes()
{
    const auto whole = reference::forward(toyConfig(), toyWeights(), kTokens);
    const auto start = reference::forward(toyConfig(), toyWeights(), std::span(kTokens).first(4));

    QCOMPARE(tests::largestError(start.logits, std::span(whole.logits).first(4 * kVocabulary)),
             0.0);
}

QTEST_GUILESS_MAIN(ToyModelTest)
#include "toy_model_test.moc"
