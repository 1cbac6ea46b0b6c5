#include "ui/given_data.h"

#include <QImage>
#include <QMimeData>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

// What file managers, browsers and office programs hand over.
class GivenDataTest : public QObject {
    Q_OBJECT

private slots:
    void fileManagersGiveFiles();
    void oneModelFileOrFolderIsAModel();
    void browsersGivePixelsAndAddress();
    void browsersThatGiveOnlyAnAddressAreToldApart();
    void picturesWrittenOutInTheirAddress();
    void copiedPicturesOfThisProgram();
    void wordsAreWordsWhateverComesAlong();
    void nothingIsFoundInNothing();
};

void GivenDataTest::fileManagersGiveFiles()
{
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile("/a b.png"), QUrl::fromLocalFile("/c.jpg")});
    data.setText("/a b.png\n/c.jpg");
    QVERIFY(ui::holdsMedia(data));
    QVERIFY(!ui::isText(data));
    QCOMPARE(ui::mediaIn(data).files, QStringList({"/a b.png", "/c.jpg"}));
    QVERIFY(ui::modelIn(data).isEmpty());
}

void GivenDataTest::oneModelFileOrFolderIsAModel()
{
    const QTemporaryDir folder;
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile("/gemma.GGUF")});
    QCOMPARE(ui::modelIn(data), "/gemma.GGUF");
    data.setUrls({QUrl::fromLocalFile(folder.path())});
    QCOMPARE(ui::modelIn(data), folder.path());
    data.setUrls({QUrl::fromLocalFile("/gemma.gguf"), QUrl::fromLocalFile("/a.png")});
    QVERIFY(ui::modelIn(data).isEmpty());
}

void GivenDataTest::browsersGivePixelsAndAddress()
{
    QMimeData data;
    data.setUrls({QUrl("https://example.org/nest.png")});
    data.setHtml("<img src='https://example.org/nest.png'>");
    data.setText("https://example.org/nest.png");
    data.setData("image/png", "the file's bytes");
    QVERIFY(!ui::isText(data));
    const ui::GivenMedia given = ui::mediaIn(data);
    QCOMPARE(given.contents, QVector<QByteArray>{"the file's bytes"});
    QVERIFY(!given.isAddressOnly);
}

void GivenDataTest::browsersThatGiveOnlyAnAddressAreToldApart()
{
    QMimeData data;
    data.setUrls({QUrl("https://example.org/nest.png")});
    data.setHtml("<img src='https://example.org/nest.png'>");
    data.setText("https://example.org/nest.png");
    QVERIFY(ui::holdsMedia(data));
    QVERIFY(!ui::isText(data));
    QVERIFY(ui::mediaIn(data).isAddressOnly);

    data.setHtml("<a href='https://example.org/'>a link</a>");
    QVERIFY(ui::isText(data));
}

void GivenDataTest::picturesWrittenOutInTheirAddress()
{
    QMimeData data;
    data.setUrls({QUrl("data:image/png;base64,aGVsbG8gdGhlcmU="), QUrl("data:image/png,%00ab")});
    QVERIFY(ui::holdsMedia(data));
    QCOMPARE(ui::mediaIn(data).contents,
             (QVector<QByteArray>{"hello there", QByteArray("\0ab", 3)}));
}

void GivenDataTest::copiedPicturesOfThisProgram()
{
    QImage image(3, 2, QImage::Format_RGB32);
    image.fill(Qt::red);
    QMimeData data;
    data.setImageData(image);
    QVERIFY(ui::holdsMedia(data));
    QCOMPARE(ui::mediaIn(data).images, QVector<QImage>{image});
}

// Office programs add a picture of the words.
void GivenDataTest::wordsAreWordsWhateverComesAlong()
{
    QMimeData data;
    data.setText("some words");
    QVERIFY(ui::isText(data));
    data.setData("image/png", "a picture of the words");
    QVERIFY(ui::isText(data));
}

void GivenDataTest::nothingIsFoundInNothing()
{
    const QMimeData data;
    QVERIFY(!ui::isText(data));
    QVERIFY(!ui::holdsMedia(data));
    QVERIFY(ui::mediaIn(data).isEmpty());
    QVERIFY(ui::modelIn(data).isEmpty());
}

QTEST_GUILESS_MAIN(GivenDataTest)
#include "given_data_test.moc"
