#include <QTest>

#include <functional>
#include <memory>
#include <optional>

#include "engine/decoder/config.h"
#include "engine/text/chat_template.h"
#include "tests/golden/multimodal_checks.h"
#include "tests/support/golden_model.h"
#include "tests/support/media_cache.h"

using engine::SoftTokens;
using engine::text::Transcript;
using tests::CasePart;
using tests::MultimodalCase;
using tests::must;

namespace {

constexpr auto kModel = RESOURCES_DIR "/models/nestling-demo-q8_0.gguf";

// Rows that the small model's encoders make of a picture and of a clip.
constexpr std::uint32_t kImageRows = 36;
constexpr std::uint32_t kAudioRows = 48;

// Media of the right length, without rows.
engine::Result<SoftTokens> onlyCounted(const CasePart& part)
{
    if (part.kind == CasePart::Kind::Image)
        return SoftTokens(SoftTokens::Source::Image, kImageRows, nullptr);
    return SoftTokens(SoftTokens::Source::Sound, kAudioRows, nullptr);
}

}  // namespace

// Prompts with pictures and sounds to the trained small model.
class MultimodalTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void promptsHaveTheIdsOfTheReference_data();
    void promptsHaveTheIdsOfTheReference();
    void casesAreAnsweredAsPublished_data();
    void casesAreAnsweredAsPublished();

private:
    std::shared_ptr<const engine::Model> m_model;  // null without a device
    std::optional<tests::MediaCache> m_media;
    std::vector<MultimodalCase> m_cases;
    std::vector<MultimodalCase> m_halfCases;
};

void MultimodalTest::initTestCase()
{
    m_cases = must(tests::readMultimodalCases(TEST_DATA_DIR "/golden/multimodal", "full"));
    m_halfCases = must(tests::readMultimodalCases(TEST_DATA_DIR "/golden/multimodal", "half"));
    const auto device = tests::openDevice();
    if (!device)
        return;
    m_model = must(engine::Model::load(device, {kModel}, {}, {}));
    m_media.emplace(m_model, TEST_DATA_DIR "/golden/multimodal");
}

void MultimodalTest::promptsHaveTheIdsOfTheReference_data()
{
    QTest::addColumn<uint>("index");
    for (uint i = 0; i < m_cases.size(); ++i)
        QTest::addRow("case %u", i) << i;
}

// The markup and the newlines around media of either kind, over one turn and several.
void MultimodalTest::promptsHaveTheIdsOfTheReference()
{
    QFETCH(const uint, index);
    const MultimodalCase& expected = m_cases.at(index);
    const auto files = must(engine::file::openModelFiles(kModel));
    const auto config = must(engine::decoder::readDecoderConfig(files));
    const auto tokenizer = must(engine::text::Tokenizer::create(files));

    Transcript prompt{{tokenizer.control().bos}, {}};
    for (std::size_t i = 0; i < expected.turns.size(); ++i) {
        const auto parts = must(tests::toParts(expected.turns[i].parts, onlyCounted));
        prompt.append(engine::text::encodeUserTurn(tokenizer, config.media, {}, parts));
        if (i + 1 == expected.turns.size())
            break;
        prompt.append({engine::text::encodeModelTurn(tokenizer, expected.turns[i].answer), {}});
        prompt.append({engine::text::encodeTurnEnd(tokenizer), {}});
    }
    QCOMPARE(prompt.ids, expected.ids);
}

void MultimodalTest::casesAreAnsweredAsPublished_data()
{
    QTest::addColumn<QString>("size");
    QTest::addColumn<uint>("index");
    // All of them, and for every form of the files, in the heavy test.
    for (uint i = 0; i < m_cases.size(); i += 3)
        QTest::addRow("case %u", i) << "full" << i;
    for (uint i = 1; i < m_halfCases.size(); i += 4)
        QTest::addRow("half size, case %u", i) << "half" << i;
}

void MultimodalTest::casesAreAnsweredAsPublished()
{
    if (!m_model)
        QSKIP("no Vulkan device");
    QFETCH(const QString, size);
    QFETCH(const uint, index);
    const auto& cases = size == "half" ? m_halfCases : m_cases;
    // The embedded model's weights are Q8_0, whose steps are 1/254 of the largest in a block.
    tests::checkCase(m_model, size.toStdString(), cases.at(index), std::ref(*m_media), 2e-2);
}

QTEST_GUILESS_MAIN(MultimodalTest)
#include "multimodal_test.moc"
