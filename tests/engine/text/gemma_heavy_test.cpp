#include <QTest>

#include <algorithm>
#include <optional>

#include "engine/text/chat_template.h"
#include "engine/text/vocabulary.h"
#include "tests/engine/text/golden_lines.h"

using engine::Result;
using engine::TokenId;
using engine::file::ModelFiles;
using engine::text::Piece;
using engine::text::Tokenizer;
using tests::decode;

using Ids = std::vector<TokenId>;

// Gemma's own 262,144 pieces, from the GGUF whose path is in GEMMA3_270M.
class GemmaTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void goldenTextsGiveTheirIds();
    void goldenIdsReadAsDecoded();
    void noTextBecomesAControlToken();
    void turnMatchesThePublishedTemplate();

private:
    std::optional<Tokenizer> m_tokenizer;
    std::vector<Piece> m_pieces;
};

void GemmaTest::initTestCase()
{
    const QString path = qEnvironmentVariable("GEMMA3_270M");
    if (path.isEmpty())
        QSKIP("GEMMA3_270M is not set: it is the path of Gemma 3 270M's GGUF file");
    const Result<ModelFiles> files = engine::file::openModelFiles(path.toStdString());
    QVERIFY2(files, files ? "" : files.error().message.c_str());
    Result<Tokenizer> created = Tokenizer::create(*files);
    QVERIFY2(created, created ? "" : created.error().message.c_str());
    m_tokenizer = *std::move(created);
    Result<std::vector<Piece>> pieces = engine::text::readVocabulary(*files);
    QVERIFY(pieces);
    m_pieces = *std::move(pieces);
}

void GemmaTest::goldenTextsGiveTheirIds()
{
    const auto lines = tests::readGoldenLines(TEST_DATA_DIR "/golden/tokenizer/gemma.jsonl");
    QCOMPARE(lines.size(), std::size_t{1500});
    for (const tests::GoldenLine& line : lines)
        QVERIFY2(m_tokenizer->encode(line.text) == line.ids, line.text.c_str());
}

void GemmaTest::goldenIdsReadAsDecoded()
{
    const auto lines = tests::readGoldenLines(TEST_DATA_DIR "/golden/tokenizer/gemma.jsonl");
    QCOMPARE(lines.size(), std::size_t{1500});
    for (const tests::GoldenLine& line : lines)
        QCOMPARE(decode(*m_tokenizer, line.ids), line.decoded);
}

void GemmaTest::noTextBecomesAControlToken()
{
    std::size_t tried = 0;
    for (TokenId id = 0; id < m_tokenizer->size(); ++id) {
        if (!m_tokenizer->isControl(id))
            continue;
        ++tried;
        const std::string text = "x" + m_pieces[id].text + "y";
        const Ids ids = m_tokenizer->encode(text);
        QVERIFY2(std::none_of(ids.begin(), ids.end(),
                              [&](TokenId token) { return m_tokenizer->isControl(token); }),
                 text.c_str());
        QCOMPARE(decode(*m_tokenizer, ids), text);
    }
    // 6,249 are CONTROL in the file; [multimodal] and the image's two markers are not.
    QCOMPARE(tried, std::size_t{6252});
}

void GemmaTest::turnMatchesThePublishedTemplate()
{
    constexpr TokenId kHi = 10979;
    Ids prompt{m_tokenizer->control().bos};
    const Ids turn =
        encodeUserTurn(*m_tokenizer, {}, "", std::vector<engine::Part>{std::string("Hi")}).ids;
    prompt.insert(prompt.end(), turn.begin(), turn.end());
    QCOMPARE(prompt, (Ids{2, 105, 2364, 107, kHi, 106, 107, 105, 4368, 107}));
}

QTEST_GUILESS_MAIN(GemmaTest)
#include "gemma_heavy_test.moc"
