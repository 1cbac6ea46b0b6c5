#include "engine/decoder/config.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "engine/decoder/declared_config.h"

namespace engine::decoder {

namespace {

constexpr std::int64_t kMaxWidth = 1 << 20;
constexpr std::int64_t kMaxVocabulary = 1 << 24;
constexpr std::int64_t kMaxContext = 1 << 24;
constexpr std::int64_t kMaxElements = 0x7FFFFFFF;

// Turns what a file declares into numbers that can be. The first that cannot is kept.
class Validator {
public:
    explicit Validator(const DeclaredConfig& declared) : m_declared(declared) {}

    Result<DecoderConfig> validate();

private:
    std::uint32_t number(const DeclaredInteger& declared, std::int64_t least, std::int64_t most);
    float number(const DeclaredReal& declared, double least, double most);
    void readWidths();
    void readGemma3n();
    void readLayers();
    void shareKeysAndValues();
    void checkProducts();
    std::optional<MediaTokens> media(const DeclaredMedia& declared);

    void fail(const std::string& key, const std::string& what)
    {
        if (!m_error)
            m_error =
                Error{ErrorCode::InvalidFile, m_declared.source + ": " + key + " " + what + "."};
    }

    const DeclaredConfig& m_declared;
    DecoderConfig m_config;
    std::optional<Error> m_error;
};

std::uint32_t Validator::number(const DeclaredInteger& declared, std::int64_t least,
                                std::int64_t most)
{
    if (declared.value >= least && declared.value <= most)
        return static_cast<std::uint32_t>(declared.value);
    fail(declared.key, "is " + std::to_string(declared.value) + ", but must be from " +
                           std::to_string(least) + " to " + std::to_string(most));
    return static_cast<std::uint32_t>(least);
}

float Validator::number(const DeclaredReal& declared, double least, double most)
{
    if (declared.value >= least && declared.value <= most)  // false for NaN
        return static_cast<float>(declared.value);
    fail(declared.key, "has a value that cannot be: " + std::to_string(declared.value));
    return static_cast<float>(least);
}

void Validator::readWidths()
{
    const DeclaredConfig& declared = m_declared;
    DecoderConfig& config = m_config;
    config.hiddenSize = number(declared.hiddenSize, 1, kMaxWidth);
    config.heads = number(declared.heads, 1, kMaxWidth);
    config.kvHeads = number(declared.kvHeads, 1, config.heads);
    config.headDim = number(declared.headDim, 2, kMaxWidth);
    if (config.headDim % 2 != 0)
        fail(declared.headDim.key, "is odd, but positions turn pairs");
    if (config.heads % config.kvHeads != 0)
        fail(declared.kvHeads.key, "does not divide " + declared.heads.key);

    config.vocabularySize = number(declared.vocabularySize, 1, kMaxVocabulary);
    config.textVocabularySize = number(declared.textVocabularySize, 1, config.vocabularySize);
    config.slidingWindow = number(declared.slidingWindow, 1, kMaxElements);
    config.contextLength = number(declared.contextLength, 1, kMaxContext);
    config.rmsNormEpsilon = number(declared.rmsNormEpsilon, 0.0, 1.0);
    config.ropeThetaFull = number(declared.ropeThetaFull, 1.0, 1e12);
    config.ropeThetaSliding = number(declared.ropeThetaSliding, 1.0, 1e12);
    config.ropeScaleFull = number(declared.ropeScaleFull, 1e-3, 1e6);
    config.attentionScale = number(declared.attentionScale, 1e-6, 1e3);
    config.finalLogitSoftcap = number(declared.finalLogitSoftcap, 0.0, 1e6);
}

void Validator::readGemma3n()
{
    if (m_config.architecture != Architecture::Gemma3n)
        return;
    m_config.altupInputs = number(m_declared.altupInputs, 2, 8);
    m_config.altupActiveIndex =
        number(m_declared.altupActiveIndex, 0, std::int64_t{m_config.altupInputs} - 1);
    m_config.altupCoefClip = number(m_declared.altupCoefClip, 0.0, 1e30);
    m_config.laurelRank = number(m_declared.laurelRank, 1, kMaxWidth);
    m_config.perLayerInputSize = number(m_declared.perLayerInputSize, 1, kMaxWidth);
}

void Validator::readLayers()
{
    const std::size_t count = number(m_declared.layers, 1, kMaxLayers);
    const auto hasOnePerLayer = [&](std::size_t size, const std::string& key) {
        if (size != count)
            fail(key, "has " + std::to_string(size) + " entries for " + std::to_string(count) +
                          " layers");
        return size == count;
    };
    if (!hasOnePerLayer(m_declared.ffnWidths.size(), m_declared.ffnWidthsKey) ||
        !hasOnePerLayer(m_declared.isSliding.size(), m_declared.slidingKey) ||
        !hasOnePerLayer(m_declared.sparsityMultipliers.size(), m_declared.sparsityKey))
        return;

    for (std::size_t i = 0; i < count; ++i) {
        LayerConfig layer;
        layer.kind = m_declared.isSliding[i] ? LayerKind::Sliding : LayerKind::Full;
        layer.ffnWidth = number({m_declared.ffnWidths[i], m_declared.ffnWidthsKey}, 1, kMaxWidth);
        layer.sparsityMultiplier =
            number({m_declared.sparsityMultipliers[i], m_declared.sparsityKey}, -100.0, 100.0);
        layer.kvLayer = static_cast<std::uint32_t>(i);
        m_config.layers.push_back(layer);
    }
    shareKeysAndValues();
}

// The last layers attend to what the last layer of their own kind before them has stored.
void Validator::shareKeysAndValues()
{
    const auto count = static_cast<std::int64_t>(m_config.layers.size());
    const std::uint32_t shared = m_config.architecture == Architecture::Gemma3n
                                     ? number(m_declared.sharedKvLayers, 0, count - 1)
                                     : 0;
    m_config.kvLayers = static_cast<std::uint32_t>(count) - shared;
    for (std::size_t i = m_config.kvLayers; i < m_config.layers.size(); ++i) {
        std::uint32_t source = m_config.kvLayers;
        while (source > 0 && m_config.layers[source - 1].kind != m_config.layers[i].kind)
            --source;
        if (source == 0) {
            fail(m_declared.sharedKvLayers.key, "lets layer " + std::to_string(i) +
                                                    " share keys and values, but no layer of its "
                                                    "kind has any");
            return;
        }
        m_config.layers[i].kvLayer = source - 1;
    }
}

// Shaders index the elements of a matrix with 32 bits. The per-layer-embedding table is not among
// them: its rows are gathered on the host.
void Validator::checkProducts()
{
    const auto fits = [&](std::int64_t rows, std::int64_t columns, const std::string& key) {
        if (rows > kMaxElements / columns)
            fail(key, "makes a matrix of " + std::to_string(rows) + " × " +
                          std::to_string(columns) + " elements, too large to index");
    };
    const std::int64_t hidden = m_config.hiddenSize;
    fits(hidden, hidden, m_declared.hiddenSize.key);
    fits(m_config.vocabularySize, hidden, m_declared.vocabularySize.key);
    fits(std::int64_t{m_config.heads} * m_config.headDim, hidden, m_declared.heads.key);
    for (const LayerConfig& layer : m_config.layers)
        fits(layer.ffnWidth, hidden, m_declared.ffnWidthsKey);
    if (m_config.architecture == Architecture::Gemma3n) {
        fits(m_config.laurelRank, hidden, m_declared.laurelRank.key);
        fits(static_cast<std::int64_t>(m_config.layers.size()) * m_config.perLayerInputSize, hidden,
             m_declared.perLayerInputSize.key);
    }
}

// The start is text; soft tokens and the end are not, so that they are never drawn, and their
// embeddings need no row of the table. Published ids that do not fit, as in a model with a smaller
// vocabulary, say that the model takes none.
std::optional<MediaTokens> Validator::media(const DeclaredMedia& declared)
{
    const std::int64_t text = m_config.textVocabularySize;
    const auto isBeyondText = [text](const DeclaredInteger& id) {
        return id.value >= text && id.value < kMaxVocabulary;
    };
    const bool fits = declared.start.value >= 0 && declared.start.value < text &&
                      isBeyondText(declared.soft) && isBeyondText(declared.end) &&
                      declared.soft.value != declared.end.value;
    if (fits)
        return MediaTokens{static_cast<TokenId>(declared.start.value),
                           static_cast<TokenId>(declared.soft.value),
                           static_cast<TokenId>(declared.end.value)};
    if (declared.isCertain) {
        number(declared.start, 0, text - 1);
        number(declared.soft, text, kMaxVocabulary - 1);
        number(declared.end, text, kMaxVocabulary - 1);
        fail(declared.soft.key, "equals " + declared.end.key);
    }
    return std::nullopt;
}

Result<DecoderConfig> Validator::validate()
{
    m_config.architecture = m_declared.architecture;
    readWidths();
    readGemma3n();
    readLayers();
    checkProducts();

    m_config.bosToken = number(m_declared.bosToken, 0, std::int64_t{m_config.vocabularySize} - 1);
    // Only for information: files that have no padding give numbers such as 2³² − 1.
    if (m_declared.padToken.value >= 0 && m_declared.padToken.value < m_config.vocabularySize)
        m_config.padToken = static_cast<std::uint32_t>(m_declared.padToken.value);
    for (const std::int64_t id : m_declared.endTokens) {
        const auto token = static_cast<std::uint32_t>(std::max<std::int64_t>(id, 0));
        auto& tokens = m_config.endTokens;
        // An id beyond the vocabulary can never be drawn.
        if (id >= 0 && id < m_config.vocabularySize &&
            std::find(tokens.begin(), tokens.end(), token) == tokens.end())
            tokens.push_back(token);
    }
    if (m_config.architecture == Architecture::Gemma3n)
        m_config.media = {media(m_declared.image), media(m_declared.sound)};
    if (m_error)
        return *m_error;
    return m_config;
}

}  // namespace

std::vector<bool> slidingByPeriod(std::int64_t layers, std::int64_t period)
{
    std::vector<bool> isSliding;
    for (std::int64_t i = 0; i < std::clamp<std::int64_t>(layers, 0, kMaxLayers); ++i)
        isSliding.push_back(period == 0 || (i + 1) % period != 0);
    return isSliding;
}

Result<DecoderConfig> readDecoderConfig(const file::ModelFiles& files)
{
    const bool isGguf = files.format == file::Format::Gguf;
    ENGINE_TRY(const DeclaredConfig declared,
               isGguf ? readGgufConfig(files) : readHuggingFaceConfig(files));
    return Validator(declared).validate();
}

}  // namespace engine::decoder
