#include "ui/attachment_strip.h"

#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using ui::AttachmentStrip;
using ui::AttachmentTile;

// The row of pictures that will be sent.
class AttachmentStripTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void isThereWhileItHoldsPictures();
    void keepsTheOrder();
    void clicksRemoveTheirPicture();
    void deleteRemovesFromTheKeyboard();
    void focusStaysInTheStrip();
    void saysWhatItShows();
    void showsThePictureAndItsProgress();
    void clickOpensWhatHasBeenRead();
    void manyPicturesScroll();

private:
    static ui::Picture picture(const QString& name)
    {
        QImage image(40, 40, QImage::Format_RGB32);
        image.fill(Qt::green);
        return {name, image, image, "bytes"};
    }
    AttachmentTile* tile(int index) const
    {
        return m_strip->findChildren<AttachmentTile*>()[index];
    }
    static QPushButton* removeButton(const AttachmentTile* tile)
    {
        return tile->findChild<QPushButton*>("removeAttachment");
    }

    std::unique_ptr<AttachmentStrip> m_strip;
};

void AttachmentStripTest::init()
{
    m_strip = std::make_unique<AttachmentStrip>();
    m_strip->resize(400, 100);
}

void AttachmentStripTest::isThereWhileItHoldsPictures()
{
    QVERIFY(m_strip->isHidden());
    m_strip->insert(0, 1, picture("a.png"));
    QVERIFY(!m_strip->isHidden());
    m_strip->remove(1);
    QVERIFY(m_strip->isHidden());
    m_strip->remove(1);  // again
}

void AttachmentStripTest::keepsTheOrder()
{
    m_strip->insert(0, 1, picture("a.png"));
    m_strip->insert(1, 2, picture("b.png"));
    m_strip->insert(0, 3, picture("c.png"));
    QCOMPARE(m_strip->ids(), (QVector<int>{3, 1, 2}));
    m_strip->remove(1);
    QCOMPARE(m_strip->ids(), (QVector<int>{3, 2}));
}

void AttachmentStripTest::clicksRemoveTheirPicture()
{
    QSignalSpy removed(m_strip.get(), &AttachmentStrip::removeRequested);
    m_strip->insert(0, 1, picture("a.png"));
    m_strip->insert(1, 2, picture("b.png"));
    m_strip->show();
    QTest::mouseClick(removeButton(tile(1)), Qt::LeftButton);
    QTRY_COMPARE(removed.count(), 1);
    QCOMPARE(removed.first().first().toInt(), 2);
    QCOMPARE(m_strip->count(), 2);  // the receiver decides
}

void AttachmentStripTest::deleteRemovesFromTheKeyboard()
{
    QSignalSpy removed(m_strip.get(), &AttachmentStrip::removeRequested);
    m_strip->insert(0, 7, picture("a.png"));
    m_strip->show();
    for (const Qt::Key key : {Qt::Key_Delete, Qt::Key_Backspace, Qt::Key_Space}) {
        QTest::keyClick(removeButton(tile(0)), key);
        QTRY_COMPARE(removed.count(), 1);
        QCOMPARE(removed.takeFirst().first().toInt(), 7);
    }
}

void AttachmentStripTest::focusStaysInTheStrip()
{
    m_strip->insert(0, 1, picture("a.png"));
    m_strip->insert(1, 2, picture("b.png"));
    m_strip->show();
    QVERIFY(QTest::qWaitForWindowActive(m_strip.get()));
    AttachmentTile* second = tile(1);
    removeButton(second)->setFocus();
    m_strip->remove(2);
    QVERIFY(removeButton(tile(0))->hasFocus());
}

void AttachmentStripTest::saysWhatItShows()
{
    m_strip->insert(0, 1, ui::Picture{"nest.png", {}, {}, {}});
    QCOMPARE(tile(0)->accessibleName(), "nest.png, being opened");
    QCOMPARE(removeButton(tile(0))->accessibleName(), "Remove nest.png");
    m_strip->setMedium(1, picture("nest.png"));
    QCOMPARE(tile(0)->accessibleName(), "nest.png");
    m_strip->setProgress(1, 0.25);
    QCOMPARE(tile(0)->accessibleName(), "nest.png, 25 % looked at");
    m_strip->setProgress(1, 1);
    QCOMPARE(tile(0)->accessibleName(), "nest.png");
}

void AttachmentStripTest::showsThePictureAndItsProgress()
{
    m_strip->insert(0, 1, ui::Picture{"nest.png", {}, {}, {}});
    m_strip->show();
    const QPoint middle = tile(0)->rect().center() + QPoint(8, 8);
    QVERIFY(tile(0)->grab().toImage().pixelColor(middle) != QColor(Qt::green));
    m_strip->setMedium(1, picture("nest.png"));
    const QImage whole = tile(0)->grab().toImage();
    QCOMPARE(whole.pixelColor(middle), QColor(Qt::green));
    m_strip->setProgress(1, 0.5);
    const QImage half = tile(0)->grab().toImage();
    const int bar = half.height() - 4;
    QVERIFY(half.pixelColor(20, bar) != half.pixelColor(half.width() - 20, bar));
    m_strip->setProgress(1, 1);
    QCOMPARE(tile(0)->grab().toImage(), whole);
}

void AttachmentStripTest::clickOpensWhatHasBeenRead()
{
    QSignalSpy opened(m_strip.get(), &AttachmentStrip::opened);
    m_strip->insert(0, 1, ui::Picture{"nest.png", {}, {}, {}});
    m_strip->show();
    const QPoint corner(10, tile(0)->height() - 10);
    QTest::mouseClick(tile(0), Qt::LeftButton, {}, corner);
    QCOMPARE(opened.count(), 0);
    m_strip->setMedium(1, picture("nest.png"));
    QTest::mouseClick(tile(0), Qt::LeftButton, {}, corner);
    QCOMPARE(opened.count(), 1);
    QCOMPARE(opened.first().first().value<ui::Picture>().name, "nest.png");
}

void AttachmentStripTest::manyPicturesScroll()
{
    for (int i = 0; i < 20; ++i)
        m_strip->insert(i, i + 1, picture("a.png"));
    m_strip->show();
    QTRY_VERIFY(m_strip->horizontalScrollBar()->maximum() > 0);
    QVERIFY(m_strip->sizeHint().height() < 120);
}

QTEST_MAIN(AttachmentStripTest)
#include "attachment_strip_test.moc"
