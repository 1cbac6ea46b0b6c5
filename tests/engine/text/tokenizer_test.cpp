#include "engine/text/tokenizer.h"

#include <QTest>

#include <algorithm>
#include <optional>

#include "engine/text/text_splitter.h"
#include "engine/text/vocabulary.h"
#include "tests/engine/text/golden_lines.h"

using engine::Result;
using engine::TokenId;
using engine::file::ModelFiles;
using engine::text::Piece;
using engine::text::TextSplitter;
using engine::text::Tokenizer;
using tests::decode;

namespace {

const std::string kReplacement = "\xEF\xBF\xBD";

enum class Kind { TokenizerModel, Gguf };

Result<ModelFiles> openFiles(Kind kind)
{
    if (kind == Kind::Gguf)
        return engine::file::openModelFiles(RESOURCES_DIR "/models/nestling-demo-q8_0.gguf");
    ModelFiles files;
    files.format = engine::file::Format::HuggingFace;
    files.path = TEST_DATA_DIR "/demo";
    files.tokenizerModel = files.path / "tokenizer.model";
    return files;
}

}  // namespace

// The small model's vocabulary, from both kinds of file.
class TokenizerTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void goldenTextsGiveTheirIds_data() { addKinds(); }
    void goldenTextsGiveTheirIds();
    void goldenIdsReadAsDecoded_data() { addKinds(); }
    void goldenIdsReadAsDecoded();
    void noTextBecomesAControlToken_data() { addKinds(); }
    void noTextBecomesAControlToken();
    void markersAreControlTokens_data() { addKinds(); }
    void markersAreControlTokens();
    void idsBeyondTheVocabularyAreControlTokens_data() { addKinds(); }
    void idsBeyondTheVocabularyAreControlTokens();
    void everyByteHasItsPiece_data() { addKinds(); }
    void everyByteHasItsPiece();
    void nullBytesSurvive_data() { addKinds(); }
    void nullBytesSurvive();
    void invalidBytesAreReadAsReplacement_data() { addKinds(); }
    void invalidBytesAreReadAsReplacement();
    void cutsChangeNoToken_data() { addKinds(); }
    void cutsChangeNoToken();
    void longTextsKeepEveryByte_data();
    void longTextsKeepEveryByte();

private:
    static void addKinds();
    const Tokenizer& tokenizer() const;

    std::optional<Tokenizer> m_fromModel;
    std::optional<Tokenizer> m_fromGguf;
};

void TokenizerTest::initTestCase()
{
    for (const Kind kind : {Kind::TokenizerModel, Kind::Gguf}) {
        const Result<ModelFiles> files = openFiles(kind);
        QVERIFY2(files, files ? "" : files.error().message.c_str());
        Result<Tokenizer> created = Tokenizer::create(*files);
        QVERIFY2(created, created ? "" : created.error().message.c_str());
        (kind == Kind::Gguf ? m_fromGguf : m_fromModel) = *std::move(created);
    }
}

void TokenizerTest::addKinds()
{
    QTest::addColumn<bool>("isGguf");
    QTest::newRow("tokenizer.model") << false;
    QTest::newRow("GGUF") << true;
}

const Tokenizer& TokenizerTest::tokenizer() const
{
    QFETCH(const bool, isGguf);
    return isGguf ? *m_fromGguf : *m_fromModel;
}

void TokenizerTest::goldenTextsGiveTheirIds()
{
    const auto lines = tests::readGoldenLines(TEST_DATA_DIR "/golden/tokenizer/demo.jsonl");
    QCOMPARE(lines.size(), std::size_t{2500});
    for (const tests::GoldenLine& line : lines)
        QVERIFY2(tokenizer().encode(line.text) == line.ids, line.text.c_str());
}

void TokenizerTest::goldenIdsReadAsDecoded()
{
    const auto lines = tests::readGoldenLines(TEST_DATA_DIR "/golden/tokenizer/demo.jsonl");
    QCOMPARE(lines.size(), std::size_t{2500});
    for (const tests::GoldenLine& line : lines)
        QCOMPARE(decode(tokenizer(), line.ids), line.decoded);
}

void TokenizerTest::noTextBecomesAControlToken()
{
    QFETCH(const bool, isGguf);
    const Result<ModelFiles> files = openFiles(isGguf ? Kind::Gguf : Kind::TokenizerModel);
    QVERIFY(files);
    const Result<std::vector<Piece>> pieces = engine::text::readVocabulary(*files);
    QVERIFY(pieces);

    std::size_t tried = 0;
    for (TokenId id = 0; id < tokenizer().size(); ++id) {
        if (!tokenizer().isControl(id))
            continue;
        ++tried;
        const std::string& piece = (*pieces)[id].text;
        for (const std::string& text :
             {piece, "x" + piece + "y", " " + piece + "\n", piece + piece, "<" + piece + ">"}) {
            const std::vector<TokenId> ids = tokenizer().encode(text);
            QVERIFY2(std::none_of(ids.begin(), ids.end(),
                                  [&](TokenId token) { return tokenizer().isControl(token); }),
                     text.c_str());
            QCOMPARE(decode(tokenizer(), ids), text);
        }
    }
    // The GGUF has the soft tokens, and [PADn] up to the embedding's rows.
    QCOMPARE(tried, std::size_t{isGguf ? 268U : 12U});
}

void TokenizerTest::markersAreControlTokens()
{
    const engine::text::ControlTokens& control = tokenizer().control();
    QCOMPARE(control.pad, TokenId{0});
    QCOMPARE(control.eos, std::optional<TokenId>(1));
    QCOMPARE(control.bos, TokenId{2});
    QCOMPARE(control.startOfTurn, std::optional<TokenId>(8));
    QCOMPARE(control.endOfTurn, std::optional<TokenId>(9));
    QCOMPARE(control.startOfImage, std::optional<TokenId>(18));
    QCOMPARE(control.startOfAudio, std::optional<TokenId>(19));
    for (const TokenId id : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 18U, 19U}) {
        QVERIFY(tokenizer().isControl(id));
        QVERIFY(tokenizer().bytes(id).empty());
    }
}

void TokenizerTest::idsBeyondTheVocabularyAreControlTokens()
{
    for (const TokenId id : {tokenizer().size(), tokenizer().size() + 1000, ~TokenId{0}}) {
        QVERIFY(tokenizer().isControl(id));
        QVERIFY(tokenizer().bytes(id).empty());
    }
}

void TokenizerTest::everyByteHasItsPiece()
{
    constexpr TokenId kFirstByte = 20;
    for (TokenId byte = 0; byte < 256; ++byte)
        QCOMPARE(tokenizer().bytes(kFirstByte + byte), std::string(1, static_cast<char>(byte)));
}

void TokenizerTest::nullBytesSurvive()
{
    const std::string text("a\0\0b\0", 5);
    const std::vector<TokenId> ids = tokenizer().encode(text);
    QCOMPARE(decode(tokenizer(), ids), text);
    QCOMPARE(std::count(ids.begin(), ids.end(), TokenId{20}), 3);
}

void TokenizerTest::invalidBytesAreReadAsReplacement()
{
    QCOMPARE(tokenizer().encode("a\xFFz\xE2\x82"),
             tokenizer().encode("a" + kReplacement + "z" + kReplacement));
    QCOMPARE(decode(tokenizer(), tokenizer().encode("a\xFFz")), "a" + kReplacement + "z");
}

void TokenizerTest::cutsChangeNoToken()
{
    QFETCH(const bool, isGguf);
    const Result<ModelFiles> files = openFiles(isGguf ? Kind::Gguf : Kind::TokenizerModel);
    QVERIFY(files);
    const Result<std::vector<Piece>> pieces = engine::text::readVocabulary(*files);
    QVERIFY(pieces);
    const TextSplitter splitter(*pieces);

    std::size_t cuts = 0;
    for (const tests::GoldenLine& line :
         tests::readGoldenLines(TEST_DATA_DIR "/golden/tokenizer/demo.jsonl")) {
        std::vector<TokenId> ids;
        std::size_t start = 0;
        for (std::size_t i = 1; i <= line.text.size(); ++i) {
            if (i < line.text.size() && !splitter.canCutBetween(line.text[i - 1], line.text[i]))
                continue;
            const auto more = tokenizer().encode(line.text.substr(start, i - start));
            ids.insert(ids.end(), more.begin(), more.end());
            cuts += i < line.text.size() ? 1 : 0;
            start = i;
        }
        QVERIFY2(ids == line.ids, line.text.c_str());
    }
    QVERIFY(cuts > 10000);
}

void TokenizerTest::longTextsKeepEveryByte_data()
{
    QTest::addColumn<std::string>("unit");
    QTest::newRow("words") << std::string("The quick brown fox, ");
    QTest::newRow("one word") << std::string("a");
    QTest::newRow("spaces") << std::string(" ");
    QTest::newRow("newlines") << std::string("\n");
    QTest::newRow("a script without spaces") << std::string("天地玄黃宇宙洪荒");
}

// Also holds the time to less than the square of the length: that would take hours.
void TokenizerTest::longTextsKeepEveryByte()
{
    QFETCH(const std::string, unit);
    std::string text;
    while (text.size() < 1'000'000)
        text += unit;
    QCOMPARE(decode(*m_fromModel, m_fromModel->encode(text)), text);
}

QTEST_GUILESS_MAIN(TokenizerTest)
#include "tokenizer_test.moc"
