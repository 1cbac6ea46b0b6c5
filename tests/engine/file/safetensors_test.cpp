#include "engine/file/safetensors.h"

#include <QTest>

#include <cstring>
#include <fstream>
#include <string>

#include "engine/file/model_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

using engine::file::openModelFiles;
using engine::file::openSafetensors;

namespace {

std::string withLength(const std::string& header, const std::string& data)
{
    const std::uint64_t size = header.size();
    std::string out(sizeof size, '\0');
    std::memcpy(out.data(), &size, sizeof size);
    return out + header + data;
}

void writeText(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary) << text;
}

const std::string kGoodHeader = R"({"__metadata__":{"format":"pt"},)"
                                R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                                R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]},)"
                                R"("n":{"dtype":"I64","shape":[],"data_offsets":[22,30]},)"
                                R"("z":{"dtype":"F32","shape":[0],"data_offsets":[30,30]}}  )";

}  // namespace

// Reading safetensors files and Hugging Face folders, well formed and otherwise.
class SafetensorsTest : public QObject {
    Q_OBJECT

private slots:
    void readsTensorsWithTheirBytes();
    void keepsOtherTypesOutOfTheTable();
    void truncationAnywhereIsNamed();
    void badHeadersAreNamed_data();
    void badHeadersAreNamed();
    void everySingleByteMayBeAnything();
    void shardsAreOneModel();
    void badIndexesAreNamed_data();
    void badIndexesAreNamed();
    void badFoldersAreNamed();
    void aSafetensorsFileAloneIsNoModel();

private:
    std::string messageFor(const std::string& bytes) const;

    tests::TemporaryFolder m_folder;
};

std::string SafetensorsTest::messageFor(const std::string& bytes) const
{
    const auto path = m_folder / "changed.safetensors";
    writeText(path, bytes);
    const auto table = openSafetensors(path);
    if (table)
        return {};
    const std::string& message = table.error().message;
    const bool isSentence = message.ends_with('.') && message.find('\n') == std::string::npos &&
                            message.find(path.string()) != std::string::npos;
    return isSentence ? message : "not a sentence with the file's name: " + message;
}

void SafetensorsTest::readsTensorsWithTheirBytes()
{
    const auto path = m_folder / "good.safetensors";
    writeText(path, withLength(kGoodHeader, std::string(16, '\1') + std::string(14, '\2')));
    const auto table = openSafetensors(path);
    QVERIFY2(table, table ? "" : table.error().message.c_str());
    QCOMPARE(table->tensors.size(), std::size_t{2});
    const auto* a = table->find("a");
    QVERIFY(a != nullptr && a->type == engine::file::TensorType::F32);
    QCOMPARE(a->shape, (std::vector<std::uint64_t>{2, 2}));
    QCOMPARE(a->bytes.size(), std::size_t{16});
    QVERIFY(a->bytes.back() == std::byte{1});
    const auto* b = table->find("b");
    QVERIFY(b != nullptr && b->bytes.size() == 6 && b->bytes.front() == std::byte{2});
}

void SafetensorsTest::keepsOtherTypesOutOfTheTable()
{
    const auto path = m_folder / "good.safetensors";
    writeText(path, withLength(kGoodHeader, std::string(30, '\1')));
    const auto table = openSafetensors(path);
    QVERIFY(table);
    QVERIFY(table->find("n") == nullptr);
    QCOMPARE(table->unreadable.at("n"), std::string("I64"));
}

void SafetensorsTest::truncationAnywhereIsNamed()
{
    const std::string whole = withLength(kGoodHeader, std::string(30, '\1'));
    QCOMPARE(messageFor(whole), std::string());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string message = messageFor(whole.substr(0, size));
        QVERIFY2(message.find("truncated") != std::string::npos ||
                     message.find("is empty") != std::string::npos,
                 qPrintable(QString("%1 bytes: '%2'").arg(size).arg(message.c_str())));
    }
}

void SafetensorsTest::badHeadersAreNamed_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const std::string& header, const char* says) {
        QTest::newRow(name) << QByteArray::fromStdString(header) << QString(says);
    };
    const std::string a = R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]})";
    const auto two = [&](const std::string& b) { return "{" + a + "," + b + "}"; };
    row("no JSON", "{nonsense}", "not valid JSON");
    row("a list", "[]", "not a JSON object");
    row("nothing", "", "not valid JSON");
    row("invalid UTF-8", "{\"a\xFF\":1}", "not valid JSON");
    row("deep nesting", std::string(100, '[') + std::string(100, ']'), "nested too deeply");
    row("a name twice", two(a), "the key a twice");
    row("overlap", two(R"("b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]})"),
        "overlapping tensors: a and b");
    row("a hole", two(R"("b":{"dtype":"F32","shape":[2],"data_offsets":[20,28]})"),
        "bytes before tensor b");
    row("bytes left over", "{" + a + "}", "bytes after its last tensor");
    row("beyond the end", two(R"("b":{"dtype":"F32","shape":[5],"data_offsets":[16,36]})"),
        "tensor b lies beyond its end");
    row("a wrong size", two(R"("b":{"dtype":"F32","shape":[5],"data_offsets":[16,30]})"),
        "tensor b a size that does not agree");
    row("a size that overflows",
        two(R"("b":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[16,16]})"),
        "tensor b a size that does not agree");
    row("offsets backwards", two(R"("b":{"dtype":"F32","shape":[4],"data_offsets":[30,16]})"),
        "tensor b in no valid way");
    row("a negative offset", two(R"("b":{"dtype":"F32","shape":[4],"data_offsets":[-1,16]})"),
        "tensor b in no valid way");
    row("a real extent", two(R"("b":{"dtype":"F32","shape":[3.5],"data_offsets":[16,30]})"),
        "tensor b in no valid way");
    row("three offsets", two(R"("b":{"dtype":"F32","shape":[4],"data_offsets":[16,20,30]})"),
        "tensor b in no valid way");
    row("no dtype", two(R"("b":{"shape":[4],"data_offsets":[16,30]})"), "tensor b in no valid way");
    row("nine dimensions",
        two(R"("b":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[16,20]})"),
        "tensor b in no valid way");
    row("an entry that is a number", two(R"("b":7)"), "tensor b in no valid way");
}

void SafetensorsTest::badHeadersAreNamed()
{
    QFETCH(const QByteArray, header);
    QFETCH(const QString, says);
    const QString message =
        QString::fromStdString(messageFor(withLength(header.toStdString(), std::string(30, '\1'))));
    QVERIFY2(message.contains(says), qPrintable(message));

    // Lengths that lie are caught before the header is looked at.
    std::string lying = withLength(header.toStdString(), std::string(30, '\1'));
    lying[7] = '\x7F';
    QVERIFY(QString::fromStdString(messageFor(lying)).contains("claims a header of"));
}

void SafetensorsTest::everySingleByteMayBeAnything()
{
    const std::string whole = withLength(kGoodHeader, std::string(30, '\1'));
    for (std::size_t at = 0; at < whole.size() - 30; ++at) {
        for (const char value : {'"', '{', '9'}) {
            std::string changed = whole;
            changed[at] = value;
            const std::string message = messageFor(changed);
            QVERIFY2(!message.starts_with("not a sentence"), message.c_str());
        }
    }
}

void SafetensorsTest::shardsAreOneModel()
{
    const tests::TinyModel model;
    model.writeFolder(m_folder / "one");
    model.writeFolder(m_folder / "many", {.shards = 4});
    const auto one = openModelFiles(m_folder / "one");
    const auto many = openModelFiles(m_folder / "many");
    QVERIFY2(one, one ? "" : one.error().message.c_str());
    QVERIFY2(many, many ? "" : many.error().message.c_str());
    QVERIFY(many->format == engine::file::Format::HuggingFace);
    QCOMPARE(many->tensors.files.size(), std::size_t{4});
    QCOMPARE(many->tensors.tensors.size(), one->tensors.tensors.size());
    for (const auto& [name, tensor] : one->tensors.tensors) {
        const auto* other = many->tensors.find(name);
        QVERIFY2(other != nullptr, name.c_str());
        QVERIFY(std::equal(other->bytes.begin(), other->bytes.end(), tensor.bytes.begin(),
                           tensor.bytes.end()));
    }
}

void SafetensorsTest::badIndexesAreNamed_data()
{
    QTest::addColumn<QByteArray>("index");
    QTest::addColumn<QString>("says");
    QTest::newRow("a missing shard") << QByteArray(R"({"weight_map":{"a":"gone.safetensors"}})")
                                     << QString("gone.safetensors is missing");
    QTest::newRow("a tensor that is elsewhere")
        << QByteArray(R"({"weight_map":{"q":"part.safetensors"}})")
        << QString("does not hold tensor q");
    QTest::newRow("a path out of the folder")
        << QByteArray(R"({"weight_map":{"a":"../part.safetensors"}})")
        << QString("no usable file name for tensor a");
    QTest::newRow("an absolute path") << QByteArray(R"({"weight_map":{"a":"/etc/passwd"}})")
                                      << QString("no usable file name for tensor a");
    QTest::newRow("the folder above")
        << QByteArray(R"({"weight_map":{"a":".."}})") << QString("is a folder");
    QTest::newRow("a number for a file")
        << QByteArray(R"({"weight_map":{"a":3}})") << QString("no usable file name for tensor a");
    QTest::newRow("no map") << QByteArray(R"({"metadata":{}})") << QString("no weight_map");
    QTest::newRow("an empty map") << QByteArray(R"({"weight_map":{}})") << QString("no tensors");
    QTest::newRow("no JSON") << QByteArray("{") << QString("not valid JSON");
}

void SafetensorsTest::badIndexesAreNamed()
{
    QFETCH(const QByteArray, index);
    QFETCH(const QString, says);
    const tests::TemporaryFolder folder;
    writeText(folder / "config.json", "{}");
    writeText(folder / "part.safetensors", withLength(kGoodHeader, std::string(30, '\1')));
    writeText(folder / "model.safetensors.index.json", index.toStdString());
    const auto files = openModelFiles(folder.path());
    QVERIFY(!files);
    const QString message = QString::fromStdString(files.error().message);
    QVERIFY2(message.contains(says), qPrintable(message));
}

void SafetensorsTest::badFoldersAreNamed()
{
    const tests::TemporaryFolder folder;
    const auto message = [&] {
        const auto files = openModelFiles(folder.path());
        return files ? QString() : QString::fromStdString(files.error().message);
    };
    QVERIFY2(message().contains("no config.json"), qPrintable(message()));
    writeText(folder / "config.json", "");
    QVERIFY2(message().contains("config.json is empty"), qPrintable(message()));
    writeText(folder / "config.json", "[1]");
    QVERIFY2(message().contains("not a JSON object"), qPrintable(message()));
    writeText(folder / "config.json", R"({"a": 1)");
    QVERIFY2(message().contains("not valid JSON"), qPrintable(message()));
    writeText(folder / "config.json", "{}");
    QVERIFY2(message().contains("neither model.safetensors nor"), qPrintable(message()));
    writeText(folder / "model.safetensors", withLength(kGoodHeader, std::string(30, '\1')));
    QCOMPARE(message(), QString());
    writeText(folder / "generation_config.json", "nonsense");
    QVERIFY2(message().contains("generation_config.json is not valid JSON"), qPrintable(message()));
    std::filesystem::remove(folder / "generation_config.json");
    std::filesystem::remove(folder / "model.safetensors");
    std::filesystem::create_directory(folder / "model.safetensors");
    QVERIFY2(message().contains("is a folder"), qPrintable(message()));
}

void SafetensorsTest::aSafetensorsFileAloneIsNoModel()
{
    const auto path = m_folder / "model.safetensors";
    writeText(path, withLength(kGoodHeader, std::string(30, '\1')));
    const auto files = openModelFiles(path);
    QVERIFY(!files);
    QVERIFY(QString::fromStdString(files.error().message).contains("open the folder"));
}

QTEST_GUILESS_MAIN(SafetensorsTest)
#include "safetensors_test.moc"
