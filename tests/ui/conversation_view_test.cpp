#include "ui/conversation_view.h"

#include <QAccessible>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "ui/conversation_model.h"
#include "ui/picture.h"

using ui::ConversationModel;
using ui::ConversationView;
using Speaker = ConversationModel::Speaker;
using State = ConversationModel::State;

class ConversationViewTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void followsTheEndWhileTextStreams();
    void staysWhereTheReaderScrolledTo();
    void returnsToTheEndOnRequest();
    void followsAgainAfterScrollingToTheEnd();
    void sendingAMessageShowsIt();
    void growingTextMovesNothingAbove();
    void narrowingKeepsTheMessageInSight();
    void tenThousandMessagesStayFast();
    void hugeMessagesAreShownInPart();
    void scrollingUpThroughEstimatesIsSteady();
    void mouseSelectsAcrossMessages();
    void doubleClickSelectsAWord();
    void keyboardSelectsWholeMessages();
    void selectAllCopiesEverythingAsWritten();
    void clickedLinkIsReported();
    void removedRowsLoseTheirSelection();
    void screenReadersWalkTheMessages();
    void picturesStandBeforeTheText();
    void severalPicturesStandBesideEachOther();
    void clickedPictureIsReported();
    void menuKnowsThePictureBelow();
    void picturesThatAreReadLaterChangeTheHeight();
    void screenReadersHearOfPictures();

private:
    static ui::Picture picture(const QString& name, QSize size, const QColor& color);
    void addExchanges(int count);
    QScrollBar* bar() const { return m_view->verticalScrollBar(); }
    bool isAtEnd() const { return bar()->value() == bar()->maximum(); }

    std::unique_ptr<ConversationModel> m_model;
    std::unique_ptr<ConversationView> m_view;
};

void ConversationViewTest::init()
{
    m_view.reset();
    m_model = std::make_unique<ConversationModel>();
    m_view = std::make_unique<ConversationView>(m_model.get());
    m_view->resize(600, 400);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
}

ui::Picture ConversationViewTest::picture(const QString& name, QSize size, const QColor& color)
{
    QImage image(size, QImage::Format_RGB32);
    image.fill(color);
    return {name, image, image, {}};
}

void ConversationViewTest::addExchanges(int count)
{
    for (int i = 0; i < count; ++i) {
        m_model->append(Speaker::Person, QString("Question number %1").arg(i));
        m_model->append(
            Speaker::Assistant,
            QString("Answer **number** %1, which is somewhat longer. ").arg(i).repeated(1 + i % 7));
    }
    m_view->layoutNow();
}

void ConversationViewTest::followsTheEndWhileTextStreams()
{
    addExchanges(20);
    QVERIFY(isAtEnd());
    for (int i = 0; i < 40; ++i) {
        m_model->appendText("more words that make it longer\n\n");
        m_view->layoutNow();
        QVERIFY(isAtEnd());
    }
    QVERIFY(m_view->rowRect(39).bottom() <= m_view->viewport()->height());
}

void ConversationViewTest::staysWhereTheReaderScrolledTo()
{
    addExchanges(20);
    bar()->triggerAction(QAbstractSlider::SliderPageStepSub);
    QVERIFY(!m_view->isFollowingEnd());
    const int place = bar()->value();
    m_model->appendText(QString("more\n\n").repeated(50));
    m_view->layoutNow();
    QCOMPARE(bar()->value(), place);
    QVERIFY(m_view->findChild<QPushButton*>("jumpToEnd")->isVisible());
}

void ConversationViewTest::returnsToTheEndOnRequest()
{
    addExchanges(20);
    bar()->setValue(0);
    QTest::mouseClick(m_view->findChild<QPushButton*>("jumpToEnd"), Qt::LeftButton);
    QVERIFY(isAtEnd());
    QVERIFY(m_view->isFollowingEnd());
    QVERIFY(!m_view->findChild<QPushButton*>("jumpToEnd")->isVisible());
}

void ConversationViewTest::followsAgainAfterScrollingToTheEnd()
{
    addExchanges(20);
    bar()->triggerAction(QAbstractSlider::SliderSingleStepSub);
    QVERIFY(!m_view->isFollowingEnd());
    bar()->setValue(bar()->maximum());
    QVERIFY(m_view->isFollowingEnd());
}

void ConversationViewTest::sendingAMessageShowsIt()
{
    addExchanges(20);
    bar()->setValue(0);
    m_model->append(Speaker::Assistant, "unasked");
    m_view->layoutNow();
    QCOMPARE(bar()->value(), 0);
    m_model->append(Speaker::Person, "hello");
    m_view->layoutNow();
    QVERIFY(isAtEnd());
}

void ConversationViewTest::growingTextMovesNothingAbove()
{
    addExchanges(3);
    const QRect before = m_view->rowRect(4);
    bar()->setValue(bar()->maximum());
    m_model->appendText(" and on");
    m_view->layoutNow();
    QCOMPARE(m_view->rowRect(4).height(), before.height());
}

void ConversationViewTest::narrowingKeepsTheMessageInSight()
{
    addExchanges(50);
    bar()->setValue(bar()->maximum() / 2);
    const int row = m_view->rowAt(QPoint(5, 5));
    m_view->resize(300, 400);
    m_view->layoutNow();
    QVERIFY(std::abs(m_view->rowAt(QPoint(5, 5)) - row) <= 1);
}

void ConversationViewTest::tenThousandMessagesStayFast()
{
    addExchanges(5000);
    m_model->append(Speaker::Assistant, {}, State::Waiting);
    m_view->layoutNow();
    m_view->grab();

    QElapsedTimer timer;
    timer.start();
    constexpr int kChunks = 100;
    for (int i = 0; i < kChunks; ++i) {
        m_model->appendText(i % 20 == 19 ? "end.\n\nNew " : "word ");
        m_view->layoutNow();
        m_view->viewport()->repaint();
    }
    const double perChunkMs = static_cast<double>(timer.nsecsElapsed()) / 1e6 / kChunks;
    qInfo("a streamed chunk after 10,000 messages takes %.2f ms, painting included", perChunkMs);
    QVERIFY(perChunkMs < 10);
}

void ConversationViewTest::hugeMessagesAreShownInPart()
{
    const QString huge = QString("word ").repeated(1'000'000);
    m_model->append(Speaker::Person, huge);
    QElapsedTimer timer;
    timer.start();
    m_view->layoutNow();
    QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
    m_view->selectAll();
    QCOMPARE(m_view->selectedText(), huge);
}

void ConversationViewTest::scrollingUpThroughEstimatesIsSteady()
{
    addExchanges(300);
    for (int i = 0; i < 100; ++i) {
        const int row = m_view->rowAt(QPoint(5, 200));
        const int before = m_view->rowRect(row).top();
        const int step = bar()->singleStep();
        bar()->triggerAction(QAbstractSlider::SliderSingleStepSub);
        QCOMPARE(m_view->rowRect(row).top(), before + step);
    }
}

void ConversationViewTest::mouseSelectsAcrossMessages()
{
    m_model->append(Speaker::Assistant, "first answer");
    m_model->append(Speaker::Assistant, "second answer");
    m_view->layoutNow();
    QWidget* page = m_view->viewport();
    const QRect first = m_view->rowRect(0);
    const QRect second = m_view->rowRect(1);
    QTest::mousePress(page, Qt::LeftButton, {}, QPoint(25, first.center().y()));
    QTest::mouseMove(page, QPoint(595, second.center().y()));
    QMouseEvent move(QEvent::MouseMove, QPointF(595, second.center().y()),
                     page->mapToGlobal(QPointF(595, second.center().y())), Qt::NoButton,
                     Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(page, &move);
    QTest::mouseRelease(page, Qt::LeftButton, {}, QPoint(595, second.center().y()));
    QCOMPARE(m_view->selectedText(), "first answer\n\nsecond answer");
}

void ConversationViewTest::doubleClickSelectsAWord()
{
    m_model->append(Speaker::Assistant, "feathers everywhere");
    m_view->layoutNow();
    QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {},
                       QPoint(40, m_view->rowRect(0).center().y()));
    QCOMPARE(m_view->selectedText(), "feathers");
}

void ConversationViewTest::keyboardSelectsWholeMessages()
{
    addExchanges(30);
    QTest::keyClick(m_view.get(), Qt::Key_Up, Qt::ControlModifier);
    QTest::keyClick(m_view.get(), Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(m_view->selectedText(), "Question number 29");
    QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), "Question number 29");
    for (int i = 0; i < 40; ++i)
        QTest::keyClick(m_view.get(), Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(m_view->selectedText(), "Question number 9");
    QVERIFY(m_view->viewport()->rect().intersects(m_view->rowRect(18)));
}

void ConversationViewTest::selectAllCopiesEverythingAsWritten()
{
    m_model->append(Speaker::Person, "a *question*");
    m_model->append(Speaker::Assistant, "**bold**");
    m_view->layoutNow();
    QTest::keyClick(m_view.get(), Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(m_view->selectedText(), "a *question*\n\n**bold**");
}

void ConversationViewTest::clickedLinkIsReported()
{
    m_model->append(Speaker::Assistant, "[a link with many words](https://example.org/)");
    m_view->layoutNow();
    const QSignalSpy activated(m_view.get(), &ConversationView::linkActivated);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {},
                      QPoint(60, m_view->rowRect(0).center().y() + 4));
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated.first().first().toUrl(), QUrl("https://example.org/"));
}

void ConversationViewTest::removedRowsLoseTheirSelection()
{
    addExchanges(2);
    m_view->selectAll();
    m_model->truncate(1);
    m_view->layoutNow();
    QCOMPARE(m_view->selectedText(), "");
    m_view->grab();
}

void ConversationViewTest::screenReadersWalkTheMessages()
{
    addExchanges(2);
    QAccessibleInterface* list = QAccessible::queryAccessibleInterface(m_view.get());
    QCOMPARE(list->role(), QAccessible::List);
    QCOMPARE(list->text(QAccessible::Name), "Conversation");
    QVERIFY(list->childCount() >= 4);
    QAccessibleInterface* message = list->child(2);
    QCOMPARE(message->role(), QAccessible::ListItem);
    QCOMPARE(message->text(QAccessible::Name), "You: Question number 1");
    QCOMPARE(message->parent(), list);
    QCOMPARE(list->indexOfChild(message), 2);
    QVERIFY(!message->rect().isEmpty());
    m_model->truncate(1);
    QVERIFY(!message->isValid());
}

void ConversationViewTest::picturesStandBeforeTheText()
{
    m_model->append(Speaker::Person, "What is this?", State::Complete,
                    {picture("nest.png", {900, 600}, Qt::red)});
    m_view->layoutNow();
    const QRectF place = m_view->mediumRect(0, 0);
    QCOMPARE(place.size(), QSizeF(300, 200));
    const QImage shown = m_view->grab().toImage();
    QCOMPARE(shown.pixelColor(place.center().toPoint()), QColor(Qt::red));
    // In the bubble, which goes on below.
    const QPoint below = place.bottomLeft().toPoint() + QPoint(2, 12);
    QVERIFY(m_view->rowRect(0).bottom() > place.bottom() + 20);
    QVERIFY(shown.pixelColor(below) != shown.pixelColor(2, below.y()));
    QVERIFY(m_view->rowRect(0).contains(place.toRect()));
}

void ConversationViewTest::severalPicturesStandBesideEachOther()
{
    m_model->append(Speaker::Person, {}, State::Complete,
                    {picture("a.png", {640, 640}, Qt::red), picture("b.png", {640, 640}, Qt::blue),
                     picture("c.png", {640, 640}, Qt::green),
                     picture("tiny.png", {1, 1}, Qt::red)});
    m_view->layoutNow();
    QCOMPARE(m_view->mediumRect(0, 0).top(), m_view->mediumRect(0, 1).top());
    QVERIFY(m_view->mediumRect(0, 1).left() > m_view->mediumRect(0, 0).right());
    QVERIFY(m_view->mediumRect(0, 2).top() > m_view->mediumRect(0, 0).bottom());
    QVERIFY(m_view->mediumRect(0, 3).width() >= 20);  // one has to be able to hit it
    for (int i = 0; i < 4; ++i)
        QVERIFY(m_view->rowRect(0).contains(m_view->mediumRect(0, i).toRect()));
}

void ConversationViewTest::clickedPictureIsReported()
{
    QSignalSpy activated(m_view.get(), &ConversationView::pictureActivated);
    addExchanges(1);
    m_model->append(Speaker::Person, "Which?", State::Complete,
                    {picture("a.png", {64, 64}, Qt::red), picture("b.png", {64, 64}, Qt::blue)});
    m_view->layoutNow();
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {},
                      m_view->mediumRect(2, 1).center().toPoint());
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated.first(), (QVariantList{2, 1}));
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {},
                      m_view->mediumRect(2, 1).bottomRight().toPoint() + QPoint(0, 15));
    QCOMPARE(activated.count(), 1);
}

void ConversationViewTest::menuKnowsThePictureBelow()
{
    QSignalSpy menus(m_view.get(), &ConversationView::menuRequested);
    m_model->append(Speaker::Person, "Which?", State::Complete,
                    {picture("a.png", {64, 64}, Qt::red), picture("b.png", {64, 64}, Qt::blue)});
    m_view->layoutNow();
    const auto open = [this](QContextMenuEvent::Reason reason, QPoint point) {
        QContextMenuEvent event(reason, point, m_view->viewport()->mapToGlobal(point));
        QCoreApplication::sendEvent(m_view->viewport(), &event);
    };
    open(QContextMenuEvent::Mouse, m_view->mediumRect(0, 1).center().toPoint());
    QCOMPARE(menus.takeLast().mid(0, 2), (QVariantList{0, 1}));
    open(QContextMenuEvent::Mouse, m_view->rowRect(0).topLeft() + QPoint(3, 30));
    QCOMPARE(menus.takeLast().mid(0, 2), (QVariantList{0, -1}));
    open(QContextMenuEvent::Keyboard, {});
    QCOMPARE(menus.takeLast().mid(0, 2), (QVariantList{0, -1}));
}

void ConversationViewTest::picturesThatAreReadLaterChangeTheHeight()
{
    m_model->append(Speaker::Person, {}, State::Complete, {ui::Picture{"nest.png", {}, {}, {}}});
    m_view->layoutNow();
    const int before = m_view->rowRect(0).height();
    m_model->setMedia(0, {picture("nest.png", {640, 640}, Qt::red)});
    m_view->layoutNow();
    QVERIFY(m_view->rowRect(0).height() > before + 100);
}

void ConversationViewTest::screenReadersHearOfPictures()
{
    m_model->append(Speaker::Person, "Which?", State::Complete,
                    {picture("a.png", {64, 64}, Qt::red), picture("b.png", {64, 64}, Qt::blue)});
    QCOMPARE(m_model->data(m_model->index(0), Qt::AccessibleTextRole).toString(),
             "You: (picture a.png, picture b.png) Which?");
}

QTEST_MAIN(ConversationViewTest)
#include "conversation_view_test.moc"
