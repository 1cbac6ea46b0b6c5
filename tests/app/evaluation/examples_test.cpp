#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "app/evaluation/examples.h"

using app::evaluation::Example;
using app::evaluation::ExamplePart;
using app::evaluation::mediaOf;
using app::evaluation::readExamples;

class ExamplesTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void shortFormIsRead();
    void turnsAreRead();
    void filesAreThoseOfTheFolder();
    void emptyLinesAndUnknownKeysAreSkipped();
    void wrongLinesAreNamed_data();
    void wrongLinesAreNamed();
    void filesThatAreNoExamples();

private:
    std::filesystem::path write(const QByteArray& content, const char* name = "examples.jsonl");

    std::unique_ptr<QTemporaryDir> m_folder;
};

void ExamplesTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    write("", "cat.png");
    write("", "purr.wav");
}

std::filesystem::path ExamplesTest::write(const QByteArray& content, const char* name)
{
    QFile file(m_folder->filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("%s cannot be written", name);
    return file.fileName().toStdString();
}

void ExamplesTest::shortFormIsRead()
{
    const auto read = readExamples(write(
        R"({"prompt": "What is this?", "image": "cat.png", "audio": ["purr.wav"], "answer": "A cat.", "kind": "animals", "history": [{"prompt": "Be brief.", "answer": "I will."}]})"
        "\n"
        R"({"prompt": "hello", "answer": null})"));
    QVERIFY2(read, read ? "" : read.error().message.c_str());
    QCOMPARE(read->size(), std::size_t{2});
    const Example& first = (*read)[0];
    QCOMPARE(first.kind, "animals");
    QCOMPARE(first.turns.size(), std::size_t{2});
    QVERIFY(first.turns[0].isHistory);
    QCOMPARE(first.turns[0].expected.value_or(""), "I will.");
    const auto& asked = first.turns[1];
    QVERIFY(!asked.isHistory);
    QCOMPARE(asked.parts.size(), std::size_t{3});
    QCOMPARE(asked.parts[0].kind, ExamplePart::Kind::Picture);
    QCOMPARE(asked.parts[1].kind, ExamplePart::Kind::Sound);
    QCOMPARE(asked.parts[2].text, "What is this?");
    QCOMPARE(asked.expected.value_or(""), "A cat.");
    QVERIFY(!(*read)[1].turns[0].expected);
    QVERIFY((*read)[1].kind.empty());
}

void ExamplesTest::turnsAreRead()
{
    const auto read = readExamples(
        write(R"({"turns": [{"parts": ["Look: ", {"image": "cat.png"}], "answer": "A cat."},)"
              R"( {"parts": ["And?"]}]})"));
    QVERIFY2(read, read ? "" : read.error().message.c_str());
    const auto& turns = (*read)[0].turns;
    QCOMPARE(turns.size(), std::size_t{2});
    QCOMPARE(turns[0].parts[0].text, "Look: ");
    QCOMPARE(turns[0].parts[1].kind, ExamplePart::Kind::Picture);
    QVERIFY(!turns[0].isHistory);
    QVERIFY(!turns[1].expected);
}

void ExamplesTest::filesAreThoseOfTheFolder()
{
    const auto read = readExamples(write(R"({"image": "cat.png"})"
                                         "\n"
                                         R"({"image": ["cat.png"], "audio": "purr.wav"})"));
    QVERIFY2(read, read ? "" : read.error().message.c_str());
    const auto files = mediaOf(*read);
    QCOMPARE(files.size(), std::size_t{2});
    QCOMPARE(files[0], std::filesystem::path(m_folder->filePath("cat.png").toStdString()));
    QCOMPARE(files[1], std::filesystem::path(m_folder->filePath("purr.wav").toStdString()));
}

void ExamplesTest::emptyLinesAndUnknownKeysAreSkipped()
{
    const auto read = readExamples(write("\xEF\xBB\xBF{\"prompt\": \"a\", \"note\": 3}\r\n"
                                         "\r\n   \n{\"prompt\": \"b\"}"));
    QVERIFY2(read, read ? "" : read.error().message.c_str());
    QCOMPARE(read->size(), std::size_t{2});
}

void ExamplesTest::wrongLinesAreNamed_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("what");

    const auto row = [](const char* name, const char* line, const char* what) {
        QTest::newRow(name) << QByteArray(line) << QString(what);
    };
    row("no JSON", "hello", "is not a JSON object");
    row("a list", "[1]", "is not a JSON object");
    row("cut off", R"({"prompt": "a)", "is not a JSON object");
    row("no UTF-8", "{\"prompt\": \"\xFF\"}", "is not a JSON object");
    row("asks nothing", R"({"answer": "a"})", "asks nothing");
    row("a number to ask", R"({"prompt": 3})", "has `prompt` that is no text");
    row("a number to expect", R"({"prompt": "a", "answer": 3})", "has `answer` that is no text");
    row("a number as kind", R"({"prompt": "a", "kind": 3})", "has `kind` that is no text");
    row("a picture that is not there", R"({"prompt": "a", "image": "dog.png"})",
        "dog.png, which is not there");
    row("a picture that is a folder", R"({"prompt": "a", "image": "."})", "which is not there");
    row("a picture without a name", R"({"prompt": "a", "image": ""})", "that is no file name");
    row("a sound that is a number", R"({"prompt": "a", "audio": [1]})", "that is no file name");
    row("history that is no list", R"({"prompt": "a", "history": {}})", "that is no list");
    row("history that is no object", R"({"prompt": "a", "history": ["b"]})", "that is no object");
    row("history without an answer", R"({"prompt": "a", "history": [{"prompt": "b"}]})",
        "something is not answered");
    row("turns and a prompt", R"({"prompt": "a", "turns": []})", "neither `prompt` nor");
    row("no turns", R"({"turns": []})", "an empty one");
    row("a turn without parts", R"({"turns": [{"parts": []}]})", "a turn without `parts`");
    row("turns of text", R"({"turns": ["a"]})", "a turn without `parts`");
    row("a part of another kind", R"({"turns": [{"parts": [{"video": "a"}]}]})", "has a part that");
    QTest::newRow("an endless answer")
        << R"({"prompt": "a", "answer": ")" + QByteArray(20001, 'a') + "\"}"
        << "more than 20,000 bytes";
}

void ExamplesTest::wrongLinesAreNamed()
{
    QFETCH(const QByteArray, line);
    QFETCH(const QString, what);
    const auto path = write("{\"prompt\": \"fine\"}\n\n" + line + "\n");
    const auto read = readExamples(path);
    QVERIFY(!read);
    const QString sentence = QString::fromStdString(read.error().message);
    QVERIFY2(sentence.startsWith(QString::fromStdString(path.string()) + ", line 3 ") &&
                 sentence.contains(what) && sentence.endsWith('.'),
             qPrintable(sentence));
    QCOMPARE(read.error().code, engine::ErrorCode::InvalidInput);
}

void ExamplesTest::filesThatAreNoExamples()
{
    QVERIFY(!readExamples(write("\n \n")));
    QVERIFY(!readExamples(m_folder->path().toStdString()));
    const auto missing = readExamples(m_folder->filePath("none.jsonl").toStdString());
    QVERIFY(!missing);
    QVERIFY(missing.error().message.find("none.jsonl cannot be read") != std::string::npos);
}

QTEST_GUILESS_MAIN(ExamplesTest)
#include "examples_test.moc"
