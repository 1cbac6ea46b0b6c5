#include "ui/composer.h"

#include <QInputMethodEvent>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

using Mode = ui::Composer::Mode;

class ComposerTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void enterSubmitsAndKeepsTheText();
    void shiftEnterBreaksTheLine();
    void blankTextIsNotSent();
    void nothingIsSentWhileBusy();
    void buttonStopsWhileAnswering();
    void clearedTextComesBackWithUndo();
    void takenBackTextStandsBeforeWhatIsThere();
    void growsWithItsLinesUpToALimit();
    void tabLeavesTheField();
    void anyScriptCanBeTyped();
    void buttonsStandOnOneLine();

private:
    QWidget* field() const { return m_composer->findChild<QPlainTextEdit*>("messageField"); }
    QPushButton* button() const { return m_composer->findChild<QPushButton*>("sendOrStop"); }

    std::unique_ptr<ui::Composer> m_composer;
};

void ComposerTest::init()
{
    m_composer = std::make_unique<ui::Composer>();
    m_composer->setMode(Mode::Ready);
    m_composer->show();
    QVERIFY(QTest::qWaitForWindowActive(m_composer.get()));
    m_composer->focusField();
}

void ComposerTest::enterSubmitsAndKeepsTheText()
{
    const QSignalSpy submitted(m_composer.get(), &ui::Composer::submitted);
    QTest::keyClicks(field(), "hello");
    QTest::keyClick(field(), Qt::Key_Return);
    QCOMPARE(submitted.count(), 1);
    QCOMPARE(submitted.first().first().toString(), "hello");
    QCOMPARE(m_composer->text(), "hello");
    QTest::keyClick(field(), Qt::Key_Enter, Qt::KeypadModifier);
    QCOMPARE(submitted.count(), 2);
}

void ComposerTest::shiftEnterBreaksTheLine()
{
    const QSignalSpy submitted(m_composer.get(), &ui::Composer::submitted);
    QTest::keyClicks(field(), "a");
    QTest::keyClick(field(), Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(field(), "b");
    QCOMPARE(submitted.count(), 0);
    QCOMPARE(m_composer->text(), "a\nb");
}

void ComposerTest::blankTextIsNotSent()
{
    const QSignalSpy submitted(m_composer.get(), &ui::Composer::submitted);
    QVERIFY(!button()->isEnabled());
    QTest::keyClicks(field(), "  ");
    QTest::keyClick(field(), Qt::Key_Return);
    QCOMPARE(submitted.count(), 0);
    QVERIFY(!button()->isEnabled());
}

void ComposerTest::nothingIsSentWhileBusy()
{
    const QSignalSpy submitted(m_composer.get(), &ui::Composer::submitted);
    QTest::keyClicks(field(), "next");
    for (const Mode mode : {Mode::Waiting, Mode::Answering, Mode::Stopping}) {
        m_composer->setMode(mode);
        QTest::keyClick(field(), Qt::Key_Return);
    }
    QCOMPARE(submitted.count(), 0);
    QCOMPARE(m_composer->text(), "next");
}

void ComposerTest::buttonStopsWhileAnswering()
{
    const QSignalSpy stops(m_composer.get(), &ui::Composer::stopRequested);
    m_composer->setMode(Mode::Answering);
    QCOMPARE(button()->text(), "Stop");
    QTest::mouseClick(button(), Qt::LeftButton);
    QCOMPARE(stops.count(), 1);
    m_composer->setMode(Mode::Stopping);
    QVERIFY(!button()->isEnabled());
}

void ComposerTest::clearedTextComesBackWithUndo()
{
    QTest::keyClicks(field(), "precious");
    m_composer->clearText();
    QCOMPARE(m_composer->text(), "");
    QTest::keyClick(field(), Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(m_composer->text(), "precious");
}

void ComposerTest::takenBackTextStandsBeforeWhatIsThere()
{
    m_composer->takeBack("first");
    QCOMPARE(m_composer->text(), "first");
    m_composer->takeBack("earlier");
    QCOMPARE(m_composer->text(), "earlier\n\nfirst");
}

void ComposerTest::growsWithItsLinesUpToALimit()
{
    const int one = field()->height();
    m_composer->takeBack("a\nb\nc");
    const int three = field()->height();
    QVERIFY(three > one);
    m_composer->takeBack(QString("line\n").repeated(100));
    QVERIFY(field()->height() > three);
    QVERIFY(field()->height() < 10 * one);
}

void ComposerTest::tabLeavesTheField()
{
    QTest::keyClicks(field(), "text");
    QTest::keyClick(field(), Qt::Key_Tab);
    QCOMPARE(m_composer->text(), "text");
    QVERIFY(button()->hasFocus());
}

void ComposerTest::anyScriptCanBeTyped()
{
    QInputMethodEvent event;
    event.setCommitString(QString::fromUtf8("\xE3\x81\x82\xF0\x9F\xA5\x9A"));
    QCoreApplication::sendEvent(field(), &event);
    QCOMPARE(m_composer->text(), event.commitString());
}

void ComposerTest::buttonsStandOnOneLine()
{
    m_composer->setCanSpeak(true);
    QTest::keyClicks(field(), "a");
    QTest::keyClick(field(), Qt::Key_Return, Qt::ShiftModifier);  // a field higher than they are
    QTest::qWait(0);
    const auto* speak = m_composer->findChild<QPushButton*>("speak");
    const auto* attach = m_composer->findChild<QPushButton*>("attach");
    QVERIFY(speak && attach);
    QCOMPARE(speak->geometry().top(), button()->geometry().top());
    QCOMPARE(speak->geometry().bottom(), button()->geometry().bottom());
    QCOMPARE(attach->geometry().bottom(), button()->geometry().bottom());
}

QTEST_MAIN(ComposerTest)
#include "composer_test.moc"
