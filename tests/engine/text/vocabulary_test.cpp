#include "engine/text/vocabulary.h"

#include <QTest>

#include <array>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <random>

#include <QTemporaryDir>

#include "engine/text/tokenizer.h"

using engine::ErrorCode;
using engine::Result;
using engine::TokenId;
using engine::file::Metadata;
using engine::file::ModelFiles;
using engine::text::PieceType;
using engine::text::Tokenizer;

namespace {

using Texts = std::vector<std::string>;
using Scores = std::vector<double>;
using Types = std::vector<std::int64_t>;

// A small vocabulary as a GGUF holds it: four control pieces, the bytes, "a", "b", "ab".
struct Vocabulary {
    std::string model = "llama";
    Texts texts{"<pad>", "<eos>", "<bos>", "<unk>"};
    Types types{3, 3, 3, 3};

    Vocabulary()
    {
        for (int byte = 0; byte < 256; ++byte) {
            std::array<char, 7> text{};
            std::snprintf(text.data(), text.size(), "<0x%02X>", static_cast<unsigned>(byte));
            add(text.data(), PieceType::Byte);
        }
        add("a", PieceType::Normal);
        add("b", PieceType::Normal);
        add("ab", PieceType::Normal);
    }

    // Returns the new piece's id.
    std::size_t add(const std::string& text, PieceType type)
    {
        texts.push_back(text);
        types.push_back(static_cast<std::int64_t>(type));
        return texts.size() - 1;
    }

    Metadata metadata() const
    {
        Metadata metadata;
        metadata.values["tokenizer.ggml.model"] = model;
        metadata.values["tokenizer.ggml.tokens"] = texts;
        metadata.values["tokenizer.ggml.token_type"] = types;
        Scores scores;
        for (std::size_t id = 0; id < texts.size(); ++id)
            scores.push_back(-static_cast<double>(id));
        metadata.values["tokenizer.ggml.scores"] = scores;
        return metadata;
    }

    Result<Tokenizer> tokenizer() const
    {
        ModelFiles files;
        files.path = "small.gguf";
        files.metadata = metadata();
        return Tokenizer::create(files);
    }
};

std::string readDemoModel()
{
    std::ifstream stream(TEST_DATA_DIR "/demo/tokenizer.model", std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// `bytes` as the tokenizer.model of a folder.
Result<Tokenizer> tokenizerOf(const std::string& bytes)
{
    const QTemporaryDir folder;
    ModelFiles files;
    files.format = engine::file::Format::HuggingFace;
    files.path = folder.path().toStdString();
    files.tokenizerModel = files.path / "tokenizer.model";
    std::ofstream(files.tokenizerModel, std::ios::binary) << bytes;
    return Tokenizer::create(files);
}

using Spoil = std::function<void(Metadata&)>;

template <typename List>
List& listOf(Metadata& metadata, const char* key)
{
    return std::get<List>(metadata.values.at(std::string("tokenizer.ggml.") + key));
}

}  // namespace

Q_DECLARE_METATYPE(Spoil)

class VocabularyTest : public QObject {
    Q_OBJECT

private slots:
    void smallVocabularyWorks();
    void piecesAreTypedWhateverTheFileSays_data();
    void piecesAreTypedWhateverTheFileSays();
    void unknownPieceIsFoundByItsId();
    void controlTokensAreFoundByTheirIds();
    void repeatedPiecesKeepTheirTextAndTheFirstIsUsed();
    void controlPiecesOfOneLetterAreNotTyped();
    void badMetadataGivesOneSentence_data();
    void badMetadataGivesOneSentence();
    void foldersWithoutTokenizerAreUnsupported();
    void otherSentencepieceModelsAreUnsupported();
    void truncatedModelsNeverCrash();
    void damagedModelsNeverCrash();
};

void VocabularyTest::smallVocabularyWorks()
{
    const Result<Tokenizer> tokenizer = Vocabulary().tokenizer();
    QVERIFY2(tokenizer, tokenizer ? "" : tokenizer.error().message.c_str());
    QCOMPARE(tokenizer->size(), 263U);
    QCOMPARE(tokenizer->encode("aba<"), (std::vector<TokenId>{262, 260, 4 + '<'}));
    QVERIFY(!tokenizer->control().startOfTurn);
}

void VocabularyTest::piecesAreTypedWhateverTheFileSays_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<int>("typeInFile");
    QTest::addColumn<int>("type");
    QTest::addColumn<std::string>("spelling");
    const auto row = [](const std::string& text, PieceType typeInFile, PieceType type,
                        const std::string& spelling) {
        const QString name = QString::fromStdString(text).replace(u'\n', u'N').replace(u'\t', u'T');
        QTest::addRow("%s, %d", qPrintable(name), static_cast<int>(typeInFile))
            << text << static_cast<int>(typeInFile) << static_cast<int>(type) << spelling;
    };
    for (const PieceType inFile : {PieceType::Normal, PieceType::Control, PieceType::UserDefined}) {
        for (const char* marker :
             {"<mask>", "[multimodal]", "<unused0>", "<unused6241>", "<start_of_turn>",
              "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<start_of_audio>",
              "<end_of_audio>", "<image_soft_token>", "<audio_soft_token>"})
            row(marker, inFile, PieceType::Control, marker);
    }
    for (const PieceType inFile : {PieceType::Normal, PieceType::UserDefined}) {
        row("\n", inFile, PieceType::UserDefined, "\n");
        row("\n\n\n", inFile, PieceType::UserDefined, "\n\n\n");
        row("\t", inFile, PieceType::UserDefined, "\t");
        row("  ", inFile, PieceType::UserDefined, "▁▁");
        row("▁▁▁", inFile, PieceType::UserDefined, "▁▁▁");
        row("<table>", inFile, PieceType::UserDefined, "<table>");
        row("</h1>", inFile, PieceType::UserDefined, "</h1>");
    }
    for (const char* ordinary : {"▁", "▁the", "<", "<>", "</>", "<unused-1>", "<Unused1>", "<A>",
                                 "\na", "[PAD]", "unused0>"})
        row(ordinary, PieceType::Normal, PieceType::Normal, ordinary);
    row("[PAD2050]", PieceType::Unused, PieceType::Control, "[PAD2050]");
    row("left", PieceType::Unused, PieceType::Unused, "left");
}

void VocabularyTest::piecesAreTypedWhateverTheFileSays()
{
    QFETCH(const std::string, text);
    QFETCH(const int, typeInFile);
    QFETCH(const int, type);
    QFETCH(const std::string, spelling);

    Vocabulary vocabulary;
    const std::size_t id = vocabulary.add(text, static_cast<PieceType>(typeInFile));
    const auto pieces = engine::text::vocabularyFromMetadata(vocabulary.metadata());
    QVERIFY(pieces);
    QCOMPARE(static_cast<int>((*pieces)[id].type), type);
    QCOMPARE((*pieces)[id].text, spelling);
}

void VocabularyTest::unknownPieceIsFoundByItsId()
{
    Vocabulary vocabulary;
    vocabulary.texts[3] = "<nothing>";
    Metadata metadata = vocabulary.metadata();
    metadata.values["tokenizer.ggml.unknown_token_id"] = std::uint64_t{3};
    const auto pieces = engine::text::vocabularyFromMetadata(metadata);
    QVERIFY(pieces);
    QCOMPARE((*pieces)[3].type, PieceType::Unknown);
}

void VocabularyTest::controlTokensAreFoundByTheirIds()
{
    Vocabulary vocabulary;
    vocabulary.texts[0] = "<s>";
    vocabulary.texts[1] = "</s>";
    ModelFiles files;
    files.metadata = vocabulary.metadata();
    files.metadata.values["tokenizer.ggml.bos_token_id"] = std::uint64_t{0};
    files.metadata.values["tokenizer.ggml.eos_token_id"] = std::uint64_t{1};
    files.metadata.values["tokenizer.ggml.padding_token_id"] = std::uint64_t{1'000'000};
    std::get<Texts>(files.metadata.values.at("tokenizer.ggml.tokens"))[2] = "<other>";
    const Result<Tokenizer> tokenizer = Tokenizer::create(files);
    QVERIFY(tokenizer);
    QCOMPARE(tokenizer->control().bos, TokenId{0});
    QCOMPARE(tokenizer->control().eos, std::optional<TokenId>(1));
    QCOMPARE(tokenizer->control().pad, TokenId{0});  // the id is beyond the vocabulary
}

void VocabularyTest::repeatedPiecesKeepTheirTextAndTheFirstIsUsed()
{
    Vocabulary vocabulary;
    const auto repeated = static_cast<TokenId>(vocabulary.add("ab", PieceType::Normal));
    const auto spaces = static_cast<TokenId>(vocabulary.add("▁▁", PieceType::Normal));
    const auto sameSpaces = static_cast<TokenId>(vocabulary.add("  ", PieceType::UserDefined));
    const Result<Tokenizer> tokenizer = vocabulary.tokenizer();
    QVERIFY2(tokenizer, tokenizer ? "" : tokenizer.error().message.c_str());

    QCOMPARE(tokenizer->encode("ab  "), (std::vector<TokenId>{262, spaces}));
    QCOMPARE(tokenizer->bytes(repeated), std::string_view("ab"));
    QCOMPARE(tokenizer->bytes(sameSpaces), std::string_view("  "));
    QVERIFY(!tokenizer->isControl(repeated));
}

void VocabularyTest::controlPiecesOfOneLetterAreNotTyped()
{
    Vocabulary vocabulary;
    const auto control = static_cast<TokenId>(vocabulary.add("q", PieceType::Control));
    const Result<Tokenizer> tokenizer = vocabulary.tokenizer();
    QVERIFY(tokenizer);
    QCOMPARE(tokenizer->encode("q"), std::vector<TokenId>{4 + 'q'});
    QVERIFY(tokenizer->isControl(control));
}

void VocabularyTest::badMetadataGivesOneSentence_data()
{
    QTest::addColumn<Spoil>("spoil");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("mentions");
    const auto row = [](const char* name, ErrorCode code, const char* mentions,
                        const Spoil& spoil) {
        QTest::newRow(name) << spoil << code << QString(mentions);
    };
    using M = Metadata&;
    const auto invalid = ErrorCode::InvalidFile;
    const auto unsupported = ErrorCode::UnsupportedModel;

    row("no tokenizer", unsupported, "tokenizer.ggml.model",
        [](M m) { m.values.erase("tokenizer.ggml.model"); });
    row("another tokenizer", unsupported, "\"gpt2\"",
        [](M m) { m.values["tokenizer.ggml.model"] = std::string("gpt2"); });
    row("no pieces", invalid, "tokenizer.ggml.tokens",
        [](M m) { m.values.erase("tokenizer.ggml.tokens"); });
    row("an empty list of pieces", invalid, "tokenizer.ggml.tokens",
        [](M m) { listOf<Texts>(m, "tokens").clear(); });
    row("pieces that are numbers", invalid, "tokenizer.ggml.tokens", [](M m) {
        m.values["tokenizer.ggml.tokens"] = Types{1, 2, 3};
    });
    row("no scores", invalid, "tokenizer.ggml.scores",
        [](M m) { m.values.erase("tokenizer.ggml.scores"); });
    row("no types", invalid, "tokenizer.ggml.token_type",
        [](M m) { m.values.erase("tokenizer.ggml.token_type"); });
    row("a score too few", invalid, "262 scores",
        [](M m) { listOf<Scores>(m, "scores").pop_back(); });
    row("a type too many", invalid, "264 types",
        [](M m) { listOf<Types>(m, "token_type").push_back(1); });
    row("type 0", invalid, "type 0", [](M m) { listOf<Types>(m, "token_type")[5] = 0; });
    row("type 7", invalid, "type 7", [](M m) { listOf<Types>(m, "token_type")[5] = 7; });
    row("an empty piece", invalid, "piece 260", [](M m) { listOf<Texts>(m, "tokens")[260] = ""; });
    row("a score that is no number", invalid, "piece 260",
        [](M m) { listOf<Scores>(m, "scores")[260] = std::numeric_limits<double>::quiet_NaN(); });
    row("a score beyond float", invalid, "piece 260",
        [](M m) { listOf<Scores>(m, "scores")[260] = 1e300; });
    row("two unknown pieces", invalid, "2 unknown", [](M m) {
        listOf<Types>(m, "token_type")[260] = 2;
        listOf<Types>(m, "token_type")[261] = 2;
    });
    row("no unknown piece", invalid, "0 unknown",
        [](M m) { listOf<Texts>(m, "tokens")[3] = "<nothing>"; });
    row("a byte too few", invalid, "255 byte", [](M m) { listOf<Types>(m, "token_type")[5] = 1; });
    row("a byte twice", invalid, "piece 6", [](M m) { listOf<Texts>(m, "tokens")[6] = "<0x01>"; });
    row("a byte that is none", invalid, "piece 5",
        [](M m) { listOf<Texts>(m, "tokens")[5] = "<0xG1>"; });
    row("a null byte in a user-defined piece", invalid, "piece 260", [](M m) {
        listOf<Texts>(m, "tokens")[260] = std::string("\0a", 2);
        listOf<Types>(m, "token_type")[260] = 4;
    });
}

void VocabularyTest::badMetadataGivesOneSentence()
{
    QFETCH(const Spoil, spoil);
    QFETCH(const ErrorCode, code);
    QFETCH(const QString, mentions);

    ModelFiles files;
    files.path = "small.gguf";
    files.metadata = Vocabulary().metadata();
    spoil(files.metadata);
    const Result<Tokenizer> tokenizer = Tokenizer::create(files);
    QVERIFY(!tokenizer);
    QCOMPARE(tokenizer.error().code, code);
    const QString message = QString::fromStdString(tokenizer.error().message);
    QVERIFY2(message.startsWith("small.gguf: ") && message.endsWith('.') &&
                 message.contains(mentions),
             qPrintable(message));
}

void VocabularyTest::foldersWithoutTokenizerAreUnsupported()
{
    ModelFiles files;
    files.format = engine::file::Format::HuggingFace;
    files.path = "folder";
    const Result<Tokenizer> tokenizer = Tokenizer::create(files);
    QVERIFY(!tokenizer);
    QCOMPARE(tokenizer.error().code, ErrorCode::UnsupportedModel);
    QCOMPARE(tokenizer.error().message,
             std::string("folder: the folder holds no tokenizer: it has no tokenizer.model."));
}

void VocabularyTest::otherSentencepieceModelsAreUnsupported()
{
    // model_type, field 3 of the trainer's message, is 2 for BPE; the message follows its length.
    std::string bytes = readDemoModel();
    const std::size_t modelType = bytes.find("\x18\x02\x20\x80\x10");
    QVERIFY(modelType != std::string::npos);
    bytes[modelType + 1] = 1;
    const Result<Tokenizer> tokenizer = tokenizerOf(bytes);
    QVERIFY(!tokenizer);
    QCOMPARE(tokenizer.error().code, ErrorCode::UnsupportedModel);
    QVERIFY(QString::fromStdString(tokenizer.error().message).contains("tokenizer.model: "));
}

void VocabularyTest::truncatedModelsNeverCrash()
{
    const std::string bytes = readDemoModel();
    QVERIFY(tokenizerOf(bytes));
    // Without its end a model lacks the trainer's message or pieces, or ends within a field; only
    // what comes after the trainer's message is not needed.
    const std::size_t needed = bytes.find("identity") - 16;
    for (std::size_t length = 0; length < bytes.size(); length += length < 3000 ? 1 : 61) {
        const auto pieces =
            engine::text::vocabularyFromProto(std::string_view(bytes).substr(0, length));
        if (length < needed)
            QVERIFY2(!pieces, std::to_string(length).c_str());
    }
    const Result<Tokenizer> empty = tokenizerOf("");
    QVERIFY(!empty);
    QCOMPARE(empty.error().code, ErrorCode::InvalidFile);
}

void VocabularyTest::damagedModelsNeverCrash()
{
    const std::string whole = readDemoModel();
    std::mt19937 random(1);
    int refused = 0;
    for (int round = 0; round < 300; ++round) {
        std::string bytes = whole;
        for (int i = 0; i < 1 + round % 4; ++i)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        const Result<Tokenizer> tokenizer = tokenizerOf(bytes);
        refused += tokenizer ? 0 : 1;
        if (tokenizer)
            tokenizer->encode("The quick brown fox  <b>\n\n123");
    }
    QVERIFY(refused > 0 && refused < 300);
}

QTEST_GUILESS_MAIN(VocabularyTest)
#include "vocabulary_test.moc"
