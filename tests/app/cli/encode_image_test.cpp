#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_picture.h"
#include "tests/support/safetensors_reader.h"

namespace {

using tests::CliResult;
using tests::runCli;

const QString kSet = QStringLiteral(TEST_DATA_DIR "/golden/vision/small");

class EncodeImageTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void goldenRowsAreWritten();
    void theEmbeddedModelHasAnEncoder();
    void sizesChangeTheRows();
    void badInputIsOneSentence_data();
    void badInputIsOneSentence();
    void benchMeasuresAPicture();

private:
    CliResult encode(const QString& picture, const QStringList& more = {});
    std::vector<float> written() const;

    QTemporaryDir m_folder;
    QString m_output = m_folder.filePath("out.safetensors");
    QString m_model = m_folder.filePath("model");
};

void EncodeImageTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    // config.json and the encoder's tensors: nothing of a text model, and no preprocessor.
    const auto encoder = tests::readGoldenEncoder(kSet.toStdString());
    QVERIFY(tests::writeSeededFolder(encoder.name, encoder.tensors, false, encoder.configJson,
                                     m_model.toStdString()));
}

CliResult EncodeImageTest::encode(const QString& picture, const QStringList& more)
{
    QFile::remove(m_output);
    return runCli(QStringList{"encode-image", picture, "--out", m_output} + more);
}

std::vector<float> EncodeImageTest::written() const
{
    const auto file = tests::SafetensorsReader::open(m_output.toStdString());
    return file ? file->floats("soft_tokens") : std::vector<float>();
}

void EncodeImageTest::goldenRowsAreWritten()
{
    const auto set = tests::readGoldenPictures(kSet.toStdString());
    QVERIFY(set);
    const CliResult result = encode(kSet + "/picture-0.png", {"--model", m_model, "--size", "192"});
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(result.output, QByteArray());
    QVERIFY(tests::relativeError(written(), set->cases[0].softTokens) < 1e-4);
}

void EncodeImageTest::theEmbeddedModelHasAnEncoder()
{
    const CliResult result = encode(kSet + "/picture-0.png");
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(written().size(), std::size_t{36} * 256);
}

void EncodeImageTest::sizesChangeTheRows()
{
    QVERIFY(encode(kSet + "/picture-0.png", {"--model", m_model, "--size", "96"}).exitCode == 0);
    const auto small = written();
    QVERIFY(encode(kSet + "/picture-0.png", {"--model", m_model, "--size", "192"}).exitCode == 0);
    QCOMPARE(small.size(), written().size());
    QVERIFY(tests::relativeError(small, written()) > 1e-3);
}

void EncodeImageTest::badInputIsOneSentence_data()
{
    QTest::addColumn<QStringList>("arguments");
    const QString picture = kSet + "/picture-0.png";
    QTest::newRow("no such picture") << QStringList{m_folder.filePath("none.png")};
    QTest::newRow("not a picture") << QStringList{kSet + "/config.json"};
    QTest::newRow("a folder") << QStringList{m_folder.path()};
    QTest::newRow("no multiple") << QStringList{picture, "--model", m_model, "--size", "100"};
    QTest::newRow("too large") << QStringList{picture, "--model", m_model, "--size", "96000000"};
    QTest::newRow("no such model") << QStringList{picture, "--model", m_folder.filePath("none")};
    QTest::newRow("no such encoder") << QStringList{picture, "--mmproj", m_folder.filePath("none")};
}

void EncodeImageTest::badInputIsOneSentence()
{
    QFETCH(const QStringList, arguments);
    const CliResult result = encode(arguments.first(), arguments.mid(1));
    QVERIFY2(result.isOneSentence(), result.errors);
    QCOMPARE(result.exitCode, 2);
    QVERIFY(!QFile::exists(m_output));
}

void EncodeImageTest::benchMeasuresAPicture()
{
    const CliResult result = runCli({"bench", "--image", kSet + "/picture-0.png", "--model",
                                     m_model, "--image-size", "192", "--json"});
    QVERIFY2(result.exitCode == 0, result.errors);
    const auto json = result.json();
    QVERIFY(json.contains("image"));
    const auto& image = json["image"];
    QCOMPARE(image["size"].get<int>(), 192);
    // Counted by hand from the shapes of this encoder, it is a third of a GFLOP.
    QVERIFY(image["flops"].get<double>() > 3.0e8 && image["flops"].get<double>() < 4.0e8);
    QCOMPARE(image["kinds"].size(), std::size_t{6});
    for (const char* key : {"milliseconds", "dense_gflops_per_second", "product_gflops_per_second",
                            "weight_bytes", "activation_bytes", "submissions"})
        QVERIFY2(image[key].get<double>() > 0.0, key);
}

}  // namespace

QTEST_GUILESS_MAIN(EncodeImageTest)
#include "encode_image_test.moc"
