#include "ui/conversation_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using ui::ConversationModel;
using Speaker = ConversationModel::Speaker;
using State = ConversationModel::State;

class ConversationModelTest : public QObject {
    Q_OBJECT

private slots:
    void behavesAsAModel();
    void appendedTextGrowsTheLastRow();
    void truncateForgetsRowsFromThere();
    void lastRowOfSkipsOtherSpeakers();
    void screenReadersHearWhoSpeaksAndWhy();
    void severalAnswersCanBeTurnedTo();
};

void ConversationModelTest::behavesAsAModel()
{
    ConversationModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.append(Speaker::Person, "a");
    model.append(Speaker::Assistant, {}, State::Waiting);
    model.appendText("b");
    model.setLastState(State::Complete);
    model.truncate(1);
    model.truncate(0);
    QVERIFY(model.isEmpty());
}

void ConversationModelTest::appendedTextGrowsTheLastRow()
{
    ConversationModel model;
    model.append(Speaker::Assistant, {}, State::Waiting);
    const QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.appendText("one ");
    model.appendText("two");
    QCOMPARE(model.row(0).text, "one two");
    QCOMPARE(model.row(0).state, State::Streaming);
    QCOMPARE(changed.count(), 2);
}

void ConversationModelTest::truncateForgetsRowsFromThere()
{
    ConversationModel model;
    for (const char* text : {"a", "b", "c"})
        model.append(Speaker::Person, text);
    model.truncate(1);
    QCOMPARE(model.count(), 1);
    QCOMPARE(model.row(0).text, "a");
    model.truncate(7);
    QCOMPARE(model.count(), 1);
}

void ConversationModelTest::lastRowOfSkipsOtherSpeakers()
{
    ConversationModel model;
    QCOMPARE(model.lastRowOf(Speaker::Person), -1);
    model.append(Speaker::Person, "a");
    model.append(Speaker::Assistant, "b");
    model.append(Speaker::Note, "c");
    QCOMPARE(model.lastRowOf(Speaker::Person), 0);
    QCOMPARE(model.lastRowOf(Speaker::Assistant), 1);
}

void ConversationModelTest::screenReadersHearWhoSpeaksAndWhy()
{
    ConversationModel model;
    model.append(Speaker::Person, "hello");
    model.append(Speaker::Assistant, "I am", State::Stopped);
    QCOMPARE(model.data(model.index(0), Qt::AccessibleTextRole).toString(), "You: hello");
    QCOMPARE(model.data(model.index(1), Qt::AccessibleTextRole).toString(),
             "Answer: I am Stopped.");
}

void ConversationModelTest::severalAnswersCanBeTurnedTo()
{
    ConversationModel model;
    model.append(Speaker::Assistant, "first", State::Stopped);
    model.setLastMark("full");
    const auto earlier = model.versionsOf(0);
    model.truncate(0);
    model.append(Speaker::Assistant, {}, State::Waiting);
    model.setLastEarlierVersions(earlier);
    model.setLastMark("half");
    model.showVersion(0, 0);  // not while it is under way
    QCOMPARE(ConversationModel::footText(model.row(0)), "2 of 2 · half · Reading…");
    model.appendText("second");
    model.setLastState(State::Complete);

    model.showVersion(0, 0);
    QCOMPARE(model.row(0).text, "first");
    QCOMPARE(ConversationModel::footText(model.row(0)), "1 of 2 · full · Stopped.");
    model.showVersion(0, 2);
    model.showVersion(0, -1);
    QCOMPARE(model.row(0).text, "first");
    model.showVersion(0, 1);
    QCOMPARE(model.row(0).text, "second");
    QCOMPARE(model.versionsOf(0).size(), std::size_t{2});
    QVERIFY(model.data(model.index(0), Qt::AccessibleTextRole).toString().contains("2 of 2"));
}

QTEST_GUILESS_MAIN(ConversationModelTest)
#include "conversation_model_test.moc"
