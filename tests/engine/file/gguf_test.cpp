#include <QTest>

#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <sys/stat.h>

#include "engine/file/model_files.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

using engine::ErrorCode;
using engine::file::openModelFiles;
using engine::file::TensorType;
using tests::GgufWriter;

namespace {

std::vector<std::byte> filled(std::size_t size, unsigned char value)
{
    return std::vector<std::byte>(size, std::byte{value});
}

// Three small tensors and a key of every kind.
GgufWriter smallFile()
{
    GgufWriter writer;
    writer.text("general.architecture", "toy");
    writer.u16("toy.u16", 7);
    writer.i32("toy.i32", -7);
    writer.f32("toy.f32", 10.0F);
    writer.boolean("toy.bool", true);
    writer.texts("toy.texts", {"a", "", "ccc"});
    writer.i32s("toy.i32s", {1, -2, 3});
    writer.f32s("toy.f32s", {0.5F, 1.5F});
    writer.booleans("toy.booleans", {true, false, true});
    writer.tensor("first", {3}, TensorType::F32, [] { return filled(12, 1); });
    writer.tensor("second", {2, 32}, TensorType::Q4_0, [] { return filled(36, 2); });
    writer.tensor("third", {2, 2}, TensorType::F16, [] { return filled(8, 3); });
    return writer;
}

void writeText(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

using Change = std::function<void(GgufWriter&)>;

}  // namespace

Q_DECLARE_METATYPE(Change)

// Reading GGUF files, well formed and otherwise. What is wrong must give one sentence with the
// file's name, whatever else is in the file.
class GgufTest : public QObject {
    Q_OBJECT

private slots:
    void readsEveryKindOfKey();
    void readsTensorsWithTheirBytes();
    void readsVersionTwo();
    void readsAnotherAlignment();
    void truncationAnywhereIsNamed();
    void oneBadNumberIsNamed_data();
    void oneBadNumberIsNamed();
    void everySingleByteMayBeAnything();
    void wrongBeginningsAreNamed_data();
    void wrongBeginningsAreNamed();
    void whatIsNoFileIsNamed();
    void aSetOpensByAnyOfItsFiles();
    void aMissingPartIsNamed();
    void partsThatDoNotBelongTogetherAreNamed();
    void aPartWithoutItsNameIsRefused();
    void theDemonstrationModelOpens();

private:
    // The message for `bytes` as a file; empty if it opens.
    std::string messageFor(const std::string& bytes);

    tests::TemporaryFolder m_folder;
};

std::string GgufTest::messageFor(const std::string& bytes)
{
    const auto path = m_folder / "changed.gguf";
    writeText(path, bytes);
    const auto files = openModelFiles(path);
    if (files)
        return {};
    const std::string& message = files.error().message;
    const bool isSentence = message.ends_with('.') && message.find('\n') == std::string::npos &&
                            message.starts_with(path.string());
    return isSentence ? message : "not a sentence with the file's name: " + message;
}

void GgufTest::readsEveryKindOfKey()
{
    const auto path = m_folder / "small.gguf";
    smallFile().write(path);
    const auto files = openModelFiles(path);
    QVERIFY2(files, files ? "" : files.error().message.c_str());

    const auto& metadata = files->metadata;
    QCOMPARE(metadata.text("general.architecture"), "toy");
    QCOMPARE(metadata.integer("toy.u16"), 7);
    QCOMPARE(metadata.integer("toy.i32"), -7);
    QCOMPARE(metadata.integer("toy.f32"), 10);
    QCOMPARE(metadata.real("toy.f32"), 10.0);
    QCOMPARE(metadata.integer("toy.bool"), 1);
    QCOMPARE(metadata.integers("toy.i32s"), (std::vector<std::int64_t>{1, -2, 3}));
    QCOMPARE(metadata.integers("toy.u16"), std::vector<std::int64_t>{7});
    QCOMPARE(metadata.reals("toy.f32s"), (std::vector<double>{0.5, 1.5}));
    QCOMPARE(metadata.booleans("toy.booleans"), (std::vector<bool>{true, false, true}));
    QVERIFY(metadata.texts("toy.texts") != nullptr);
    QCOMPARE(*metadata.texts("toy.texts"), (std::vector<std::string>{"a", "", "ccc"}));

    QVERIFY(!metadata.integer("toy.nothing"));
    QVERIFY(!metadata.integer("toy.i32s"));
    QVERIFY(!metadata.integers("toy.texts"));
    QVERIFY(!metadata.real("general.architecture"));
    QVERIFY(!metadata.text("toy.u16"));
    QVERIFY(metadata.texts("toy.i32s") == nullptr);
}

void GgufTest::readsTensorsWithTheirBytes()
{
    const auto path = m_folder / "small.gguf";
    smallFile().write(path);
    const auto files = openModelFiles(path);
    QVERIFY(files);
    QCOMPARE(files->tensors.tensors.size(), std::size_t{3});
    const auto* second = files->tensors.find("second");
    QVERIFY(second != nullptr);
    QVERIFY(second->type == TensorType::Q4_0);
    QCOMPARE(second->shape, (std::vector<std::uint64_t>{2, 32}));
    QCOMPARE(second->bytes.size(), std::size_t{36});
    QVERIFY(second->bytes.front() == std::byte{2} && second->bytes.back() == std::byte{2});
    QVERIFY(files->tensors.find("fourth") == nullptr);
}

void GgufTest::readsVersionTwo()
{
    GgufWriter writer = smallFile();
    writer.version = 2;
    QCOMPARE(messageFor(writer.file()), std::string());
}

void GgufTest::readsAnotherAlignment()
{
    GgufWriter writer;
    writer.alignment = 64;
    writer.u32("general.alignment", 64);
    writer.tensor("first", {1}, TensorType::F32, [] { return filled(4, 1); });
    writer.tensor("second", {1}, TensorType::F32, [] { return filled(4, 2); });
    const auto path = m_folder / "aligned.gguf";
    writer.write(path);
    const auto files = openModelFiles(path);
    QVERIFY(files);
    QVERIFY(files->tensors.find("second")->bytes.front() == std::byte{2});
}

void GgufTest::truncationAnywhereIsNamed()
{
    const std::string whole = smallFile().file();
    QCOMPARE(messageFor(whole), std::string());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string message = messageFor(whole.substr(0, size));
        QVERIFY2(message.find("truncated") != std::string::npos ||
                     message.find("more than it can hold") != std::string::npos ||
                     message.find("cannot hold") != std::string::npos ||
                     message.find("is empty") != std::string::npos ||
                     message.find("not a GGUF file") != std::string::npos,
                 qPrintable(QString("%1 bytes: '%2'").arg(size).arg(message.c_str())));
    }
}

void GgufTest::oneBadNumberIsNamed_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* says, const Change& change) {
        QTest::newRow(name) << change << QString(says);
    };
    row("overlapping tensors", "overlapping tensors: first and second",
        [](GgufWriter& writer) { writer.tensors[1].offset = 0; });
    row("a misaligned tensor", "not aligned",
        [](GgufWriter& writer) { writer.tensors[1].offset += 4; });
    row("a tensor beyond the end", "tensor third lies beyond its end",
        [](GgufWriter& writer) { writer.tensors[2].offset = 1U << 20; });
    row("an offset that overflows", "tensor third lies beyond its end",
        [](GgufWriter& writer) { writer.tensors[2].offset = ~std::uint64_t{31}; });
    row("a name twice", "the tensor first twice",
        [](GgufWriter& writer) { writer.tensors[1].name = "first"; });
    row("an unknown type", "ggml type 77", [](GgufWriter& writer) { writer.tensors[0].type = 77; });
    row("a type that is not supported", "ggml type 9",
        [](GgufWriter& writer) { writer.tensors[0].type = 9; });
    row("five dimensions", "5 dimensions", [](GgufWriter& writer) {
        writer.tensors[0].shape = {1, 1, 1, 1, 3};
    });
    row("an extent of zero", "cannot hold",
        [](GgufWriter& writer) { writer.tensors[0].shape = {0}; });
    row("rows that are no whole blocks", "not a multiple of the 32", [](GgufWriter& writer) {
        writer.tensors[1].shape = {2, 33};
    });
    row("a shape whose product overflows", "cannot hold", [](GgufWriter& writer) {
        writer.tensors[0].shape = {1ULL << 32, 1ULL << 32, 1};
    });
    row("a shape whose bytes overflow", "cannot hold",
        [](GgufWriter& writer) { writer.tensors[0].shape = {(1ULL << 62) + 3}; });
    row("a negative extent", "cannot hold",
        [](GgufWriter& writer) { writer.tensors[0].shape = {~std::uint64_t{0}}; });
    row("an absurd number of keys", "metadata keys, more than it can hold",
        [](GgufWriter& writer) { writer.keyCount = ~std::uint64_t{0}; });
    row("a key twice", "the metadata key toy.u16 twice",
        [](GgufWriter& writer) { writer.u16("toy.u16", 7); });
    row("an alignment of zero", "general.alignment",
        [](GgufWriter& writer) { writer.u32("general.alignment", 0); });
    row("an alignment of 33", "general.alignment",
        [](GgufWriter& writer) { writer.u32("general.alignment", 33); });
    row("a value of unknown type", "unknown type 13",
        [](GgufWriter& writer) { writer.raw("bad", 13, "12345678"); });
    row("a list of lists", "list of unknown type 9", [](GgufWriter& writer) {
        writer.raw("bad", 9, std::string("\x09\0\0\0\x01\0\0\0\0\0\0\0", 12));
    });
    row("a list of absurd length", "elements for the key bad", [](GgufWriter& writer) {
        writer.raw("bad", 9, std::string("\x0A\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x1F", 12));
    });
    row("a string of absurd length", "bytes for the key bad", [](GgufWriter& writer) {
        writer.raw("bad", 8, std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8));
    });
}

void GgufTest::oneBadNumberIsNamed()
{
    QFETCH(const Change, change);
    QFETCH(const QString, says);
    GgufWriter writer = smallFile();
    const std::string bytes = smallFile().file();
    change(writer);
    // The data stay where they were: only the header lies.
    const std::string header = writer.header();
    const std::string data = bytes.substr(smallFile().header().size());
    const QString message = QString::fromStdString(messageFor(header + data));
    QVERIFY2(message.contains(says), qPrintable(message));
}

// Not every change is an error, but none may crash, hang or allocate without measure: what the
// sanitizers watch here.
void GgufTest::everySingleByteMayBeAnything()
{
    const std::string whole = smallFile().file();
    const std::size_t header = smallFile().header().size();
    for (std::size_t at = 0; at < header; ++at) {
        for (const char value : {'\1', '\xFF'}) {
            std::string changed = whole;
            changed[at] = value;
            const std::string message = messageFor(changed);
            QVERIFY2(!message.starts_with("not a sentence"), message.c_str());
        }
    }
}

void GgufTest::wrongBeginningsAreNamed_data()
{
    QTest::addColumn<QByteArray>("start");
    QTest::addColumn<QString>("says");
    QTest::newRow("another magic") << QByteArray("GGML") << QString("not a GGUF file");
    QTest::newRow("text") << QByteArray("{\"a\": 1}") << QString("not a GGUF file");
    QTest::newRow("version 1") << QByteArray("GGUF\1\0\0\0", 8) << QString("version 1");
    QTest::newRow("version 4") << QByteArray("GGUF\4\0\0\0", 8) << QString("version 4");
    QTest::newRow("version 0") << QByteArray("GGUF\0\0\0\0", 8) << QString("version 0");
    QTest::newRow("big-endian") << QByteArray("GGUF\0\0\0\3", 8) << QString("big-endian");
}

void GgufTest::wrongBeginningsAreNamed()
{
    QFETCH(const QByteArray, start);
    QFETCH(const QString, says);
    std::string bytes = smallFile().file();
    bytes.replace(0, static_cast<std::size_t>(start.size()), start.toStdString());
    const QString message = QString::fromStdString(messageFor(bytes));
    QVERIFY2(message.contains(says), qPrintable(message));
}

void GgufTest::whatIsNoFileIsNamed()
{
    const auto expect = [](const std::filesystem::path& path, const char* says) {
        const auto files = openModelFiles(path);
        QVERIFY(!files);
        QVERIFY(files.error().code == ErrorCode::InvalidFile);
        const QString message = QString::fromStdString(files.error().message);
        QVERIFY2(message.contains(says), qPrintable(message));
        QVERIFY2(message.contains(path.c_str()), qPrintable(message));
    };
    expect(m_folder / "nothing.gguf", "does not exist");

    writeText(m_folder / "empty.gguf", "");
    expect(m_folder / "empty.gguf", "is empty");

    std::filesystem::create_directory(m_folder / "folder.gguf");
    expect(m_folder / "folder.gguf", "no config.json");

    std::filesystem::create_symlink(m_folder / "gone", m_folder / "dangling.gguf");
    expect(m_folder / "dangling.gguf", "does not exist");

    // Opening must not wait for somebody to write into it.
    QCOMPARE(::mkfifo((m_folder / "pipe.gguf").c_str(), 0600), 0);
    expect(m_folder / "pipe.gguf", "not a regular file");

    writeText(m_folder / "secret.gguf", "GGUF");
    std::filesystem::permissions(m_folder / "secret.gguf", std::filesystem::perms::none);
    if (std::ifstream(m_folder / "secret.gguf"))
        QSKIP("this user may read everything");
    expect(m_folder / "secret.gguf", "cannot be read");
}

void GgufTest::aSetOpensByAnyOfItsFiles()
{
    const tests::TinyModel model;
    model.writeGguf(m_folder / "whole.gguf");
    model.writeGgufSet(m_folder.path(), 3, "set");
    const auto whole = openModelFiles(m_folder / "whole.gguf");
    QVERIFY(whole);
    for (const char* name :
         {"set-00001-of-00003.gguf", "set-00002-of-00003.gguf", "set-00003-of-00003.gguf"}) {
        const auto set = openModelFiles(m_folder / name);
        QVERIFY2(set, set ? "" : set.error().message.c_str());
        QCOMPARE(set->path, m_folder / name);
        QCOMPARE(set->tensors.files.size(), std::size_t{3});
        QCOMPARE(set->metadata.text("general.architecture"), "gemma3n");
        QCOMPARE(set->tensors.tensors.size(), whole->tensors.tensors.size());
        for (const auto& [tensorName, tensor] : whole->tensors.tensors) {
            const auto* other = set->tensors.find(tensorName);
            QVERIFY2(other != nullptr, tensorName.c_str());
            QVERIFY(other->shape == tensor.shape && other->type == tensor.type);
            QVERIFY(std::equal(other->bytes.begin(), other->bytes.end(), tensor.bytes.begin(),
                               tensor.bytes.end()));
        }
    }
}

void GgufTest::aMissingPartIsNamed()
{
    tests::TinyModel().writeGgufSet(m_folder.path(), 3, "holes");
    std::filesystem::remove(m_folder / "holes-00002-of-00003.gguf");
    const auto set = openModelFiles(m_folder / "holes-00003-of-00003.gguf");
    QVERIFY(!set);
    const QString message = QString::fromStdString(set.error().message);
    QVERIFY2(message.contains("holes-00002-of-00003.gguf is missing"), qPrintable(message));
}

void GgufTest::partsThatDoNotBelongTogetherAreNamed()
{
    tests::TinyModel().writeGgufSet(m_folder.path(), 3, "mixed");
    const auto replaceSecond = [&](const char* by) {
        std::filesystem::copy_file(m_folder / by, m_folder / "mixed-00002-of-00003.gguf",
                                   std::filesystem::copy_options::overwrite_existing);
        const auto set = openModelFiles(m_folder / "mixed-00001-of-00003.gguf");
        return set ? QString() : QString::fromStdString(set.error().message);
    };
    const QString again = replaceSecond("mixed-00001-of-00003.gguf");
    QVERIFY2(again.contains("split.no"), qPrintable(again));

    // A second part of another cut of the same model: some tensors twice, others never.
    tests::TinyModel().writeGgufSet(m_folder.path(), 4, "other");
    const QString foreign = replaceSecond("other-00002-of-00004.gguf");
    QVERIFY2(foreign.contains("split.count"), qPrintable(foreign));

    tests::TinyModel fewer;
    fewer.tensors().resize(30);
    fewer.writeGgufSet(m_folder.path(), 3, "fewer");
    const QString unrelated = replaceSecond("fewer-00002-of-00003.gguf");
    QVERIFY2(unrelated.contains("another file of the set has too") ||
                 unrelated.contains("its files hold"),
             qPrintable(unrelated));
}

void GgufTest::aPartWithoutItsNameIsRefused()
{
    tests::TinyModel().writeGgufSet(m_folder.path(), 2, "named");
    std::filesystem::copy_file(m_folder / "named-00001-of-00002.gguf", m_folder / "renamed.gguf");
    const auto files = openModelFiles(m_folder / "renamed.gguf");
    QVERIFY(!files);
    QVERIFY(QString::fromStdString(files.error().message).contains("one file of a split model"));
}

void GgufTest::theDemonstrationModelOpens()
{
    const auto text = openModelFiles(RESOURCES_DIR "/models/nestling-demo-q8_0.gguf");
    QVERIFY2(text, text ? "" : text.error().message.c_str());
    QCOMPARE(text->tensors.tensors.size(), std::size_t{235});
    QVERIFY(text->tensors.find("token_embd.weight")->type == TensorType::Q8_0);
    QCOMPARE(text->tensors.find("altup_proj.weight")->shape,
             (std::vector<std::uint64_t>{3, 256, 256}));

    const auto encoders = openModelFiles(RESOURCES_DIR "/models/mmproj-nestling-demo-f16.gguf");
    QVERIFY2(encoders, encoders ? "" : encoders.error().message.c_str());
    QCOMPARE(encoders->metadata.text("general.architecture"), "clip");
}

QTEST_GUILESS_MAIN(GgufTest)
#include "gguf_test.moc"
