#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;
using tests::waitForText;

class ChatTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void eachLineGetsAnAnswer();
    void historyIsKeptUntilNew();
    void backslashContinuesALine();
    void commandsAreListed();
    void unknownCommandIsSaid();
    void quitLeavesTheRestUnread();
    void messageThatDoesNotFitIsSaidAndTheChatGoesOn();
    void interruptStopsAnAnswerAndTheChatGoesOn();
    void secondInterruptAtThePromptLeaves();
};

// "12 of 4096 tokens used": the first numbers of such lines.
QList<int> tokensUsed(const QByteArray& output)
{
    QList<int> numbers;
    for (const QByteArray& line : output.split('\n')) {
        if (line.contains(" tokens used"))
            numbers.append(line.split(' ').first().toInt());
    }
    return numbers;
}

void ChatTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
}

void ChatTest::eachLineGetsAnAnswer()
{
    const CliResult result = runCli({"chat"}, "how are you\n\nThank you very much.");
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(result.errors, QByteArray());
    QCOMPARE(result.output.count('\n'), 2);
    QVERIFY(result.output.indexOf('\n') > 0);
}

void ChatTest::historyIsKeptUntilNew()
{
    const CliResult result = runCli(
        {"chat"}, "/stats\nhello\n/stats\nhello\n/stats\n/new\n/stats\n/system Be kind.\nhello\n"
                  "/stats\n");
    QCOMPARE(result.exitCode, 0);
    const QList<int> used = tokensUsed(result.output);
    QCOMPARE(used.size(), 5);
    QCOMPARE(used[0], 0);
    QVERIFY(used[1] > 0);
    QVERIFY(used[2] > used[1]);
    QCOMPARE(used[3], 0);
    QVERIFY(used[4] > 0);
}

void ChatTest::backslashContinuesALine()
{
    const CliResult result = runCli({"chat"}, "how \\\nare you\n");
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.output.count('\n'), 1);
}

void ChatTest::commandsAreListed()
{
    const CliResult result = runCli({"chat"}, "/help\n");
    QCOMPARE(result.exitCode, 0);
    for (const char* command : {"/help", "/new", "/system", "/quit", "/stats", "Ctrl-C"})
        QVERIFY2(result.output.contains(command), result.output);
}

void ChatTest::unknownCommandIsSaid()
{
    const CliResult result = runCli({"chat"}, "/sing a song\n/quit\n");
    QCOMPARE(result.exitCode, 0);
    QVERIFY2(result.errors.contains("/sing"), result.errors);
    QCOMPARE(result.output, QByteArray());
}

void ChatTest::quitLeavesTheRestUnread()
{
    const CliResult result = runCli({"chat"}, "/quit\n/help\n");
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.output, QByteArray());
}

void ChatTest::messageThatDoesNotFitIsSaidAndTheChatGoesOn()
{
    const CliResult result =
        runCli({"chat"}, QByteArray("seven ").repeated(5000) + "\n/stats\nhello\n/stats\n");
    QCOMPARE(result.exitCode, 0);
    QVERIFY2(result.isOneSentence(), result.errors);
    const QList<int> used = tokensUsed(result.output);
    QCOMPARE(used.size(), 2);
    QCOMPARE(used[0], 0);
    QVERIFY(used[1] > 0);
}

void ChatTest::interruptStopsAnAnswerAndTheChatGoesOn()
{
    QProcess chat;
    tests::startCli(chat, {"chat"});
    QByteArray printed;
    chat.write("/help\n");
    QVERIFY2(waitForText(chat, "it leaves.", printed), printed);

    // Reading so much takes seconds; stopping is looked for after each 256 tokens.
    chat.write(QByteArray("seven ").repeated(3500) + "\n");
    QVERIFY(chat.waitForBytesWritten());
    QTest::qWait(300);
    tests::interrupt(chat);
    QVERIFY2(waitForText(chat, "Stopped.\n", printed), printed);

    chat.write("/stats\nhello\n/stats\n");
    chat.closeWriteChannel();
    QVERIFY(chat.waitForFinished());
    printed += chat.readAll();
    QCOMPARE(chat.exitCode(), 0);
    const QList<int> used = tokensUsed(printed);
    QCOMPARE(used.size(), 2);
    QCOMPARE(used[0], 0);
    QVERIFY(used[1] > 0);
}

void ChatTest::secondInterruptAtThePromptLeaves()
{
    QProcess chat;
    tests::startCli(chat, {"chat"});
    QByteArray printed;
    chat.write("/help\n");
    QVERIFY2(waitForText(chat, "it leaves.", printed), printed);
    tests::interrupt(chat);
    QVERIFY2(waitForText(chat, "once more", printed), printed);
    QCOMPARE(chat.state(), QProcess::Running);
    tests::interrupt(chat);
    QVERIFY(chat.waitForFinished());
    QCOMPARE(chat.exitStatus(), QProcess::NormalExit);
    QCOMPARE(chat.exitCode(), 0);
}

}  // namespace

QTEST_GUILESS_MAIN(ChatTest)
#include "chat_test.moc"
