#include "app/command_line.h"

#include <QDir>
#include <QTest>

class CommandLineTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QCoreApplication::setApplicationVersion("1.2.3"); }
    void nothingMeansTheEmbeddedModel();
    void optionsAreRead();
    void modelMayBeAnArgument();
    void relativeModelsAreMadeAbsolute();
    void helpAndVersionArePrinted();
    void mistakesAreRefused_data();
    void mistakesAreRefused();
};

void CommandLineTest::nothingMeansTheEmbeddedModel()
{
    const auto line = app::parseCommandLine({"nestling"});
    QVERIFY(!line.message);
    QCOMPARE(line.options.model, "");
}

void CommandLineTest::optionsAreRead()
{
    const auto line = app::parseCommandLine(
        {"nestling", "--model", "/m/x.gguf", "--device", "1", "--screenshot", "p.png", "--ask", "a",
         "--ask", "b", "--screenshot-picture", "nest.jpg", "--screenshot-sound", "egg.wav"});
    QVERIFY(!line.message);
    QCOMPARE(line.options.model, "/m/x.gguf");
    QCOMPARE(line.options.device, "1");
    QCOMPARE(line.options.screenshot, "p.png");
    QCOMPARE(line.options.questions, QStringList({"a", "b"}));
    QCOMPARE(line.options.pictures, QStringList("nest.jpg"));
    QCOMPARE(line.options.sounds, QStringList("egg.wav"));
}

void CommandLineTest::modelMayBeAnArgument()
{
    QCOMPARE(app::parseCommandLine({"nestling", "/m/x.gguf"}).options.model, "/m/x.gguf");
}

void CommandLineTest::relativeModelsAreMadeAbsolute()
{
    QCOMPARE(app::parseCommandLine({"nestling", "x.gguf"}).options.model,
             QDir::currentPath() + "/x.gguf");
}

void CommandLineTest::helpAndVersionArePrinted()
{
    const auto help = app::parseCommandLine({"nestling", "--help"});
    QVERIFY(help.message && !help.message->isError);
    QVERIFY(help.message->text.contains("--model"));
    const auto version = app::parseCommandLine({"nestling", "--version"});
    QCOMPARE(version.message->text, "nestling 1.2.3\n");
}

void CommandLineTest::mistakesAreRefused_data()
{
    QTest::addColumn<QStringList>("arguments");

    QTest::newRow("unknown option") << QStringList{"--nonsense"};
    QTest::newRow("value missing") << QStringList{"--model"};
    QTest::newRow("two models") << QStringList{"a.gguf", "--model", "b.gguf"};
    QTest::newRow("a question without a picture") << QStringList{"--ask", "hello"};
    QTest::newRow("a picture to show in none") << QStringList{"--screenshot-picture", "a.png"};
    QTest::newRow("a sound to show in none") << QStringList{"--screenshot-sound", "a.wav"};
}

void CommandLineTest::mistakesAreRefused()
{
    QFETCH(const QStringList, arguments);
    const auto line = app::parseCommandLine(QStringList{"nestling"} + arguments);
    QVERIFY(line.message && line.message->isError);
    QVERIFY(line.message->text.endsWith('\n'));
}

QTEST_GUILESS_MAIN(CommandLineTest)
#include "command_line_test.moc"
