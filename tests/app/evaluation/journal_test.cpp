#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "app/evaluation/digest.h"
#include "app/evaluation/journal.h"

using app::evaluation::ExampleResult;
using app::evaluation::Identity;
using app::evaluation::Journal;
using app::evaluation::Likelihood;
using app::evaluation::Step;

namespace {

const Identity kIdentity{"e1", "m1", "t1", "paper", {"whole", "half"}, 64};
const Step kExample{Step::Kind::Example, 3, 1};
const Step kWindow{Step::Kind::Window, 3, 0};

ExampleResult someResult()
{
    return {{{"a \"quoted\"\nanswer, \xC3\xA9", 17, 0.1 + 0.2, 1.0 / 3, Likelihood{-1.0 / 7, 5}},
             {"", 0, 0, 0, std::nullopt}},
            {}};
}

}  // namespace

Q_DECLARE_METATYPE(Identity)

class JournalTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void resultsComeBackAsTheyWere();
    void halfALineIsCutOff();
    void otherEvaluationsAreRefused_data();
    void otherEvaluationsAreRefused();
    void filesThatAreNoJournal_data();
    void filesThatAreNoJournal();
    void placesThatCannotBeWritten();
    void digestsTellFilesApart();
    void partsOfAModelAreFound();

private:
    std::filesystem::path path(const char* name = "journal") const
    {
        return m_folder->filePath(name).toStdString();
    }
    QByteArray content() const;
    void write(const QByteArray& content, const char* name = "journal");
    Journal begin();

    std::unique_ptr<QTemporaryDir> m_folder;
};

void JournalTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

QByteArray JournalTest::content() const
{
    QFile file(m_folder->filePath("journal"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void JournalTest::write(const QByteArray& content, const char* name)
{
    QFile file(m_folder->filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("%s cannot be written", name);
}

Journal JournalTest::begin()
{
    auto journal = Journal::open(path(), kIdentity);
    if (!journal || !journal->add(kExample, someResult()) ||
        !journal->add(kWindow, Likelihood{-12.5, 9}))
        qFatal("the journal cannot be written");
    return *std::move(journal);
}

void JournalTest::resultsComeBackAsTheyWere()
{
    begin();
    const auto journal = Journal::open(path(), kIdentity);
    QVERIFY2(journal, journal ? "" : journal.error().message.c_str());
    QCOMPARE(journal->found().count(), std::size_t{2});
    const ExampleResult result = journal->found().examples.at(kExample);
    const ExampleResult wanted = someResult();
    QCOMPARE(result.turns.size(), wanted.turns.size());
    QCOMPARE(result.turns[0].answer, wanted.turns[0].answer);
    QCOMPARE(result.turns[0].tokens, wanted.turns[0].tokens);
    // To the last bit, so that a report is the same whether an evaluation was resumed or not.
    QVERIFY(result.turns[0].decodeSeconds == wanted.turns[0].decodeSeconds);
    QVERIFY(result.turns[0].firstTokenSeconds == wanted.turns[0].firstTokenSeconds);
    QVERIFY(result.turns[0].ofExpected->logProbability == -1.0 / 7);
    QVERIFY(!result.turns[1].ofExpected);
    QCOMPARE(journal->found().windows.at(kWindow).tokens, std::uint64_t{9});
}

void JournalTest::halfALineIsCutOff()
{
    begin();
    const QByteArray whole = content();
    for (int cut = 1; cut < 20; ++cut) {
        write(whole.left(whole.size() - cut));
        auto journal = Journal::open(path(), kIdentity);
        QVERIFY2(journal, journal ? "" : journal.error().message.c_str());
        QCOMPARE(journal->found().count(), std::size_t{1});
        QVERIFY(journal->add(kWindow, Likelihood{-12.5, 9}));
        QCOMPARE(content(), whole);
    }
}

void JournalTest::otherEvaluationsAreRefused_data()
{
    QTest::addColumn<Identity>("other");
    QTest::addColumn<QString>("what");

    const auto row = [](const char* name, auto change) {
        Identity other = kIdentity;
        change(other);
        QTest::newRow(name) << other << QString(name);
    };
    row("other examples", [](Identity& other) { other.examples = "e2"; });
    row("another model", [](Identity& other) { other.model = "m2"; });
    row("another text", [](Identity& other) { other.text = ""; });
    row("another device", [](Identity& other) { other.device = "stone"; });
    row("other sizes", [](Identity& other) { other.sizes = {"half", "whole"}; });
    row("answers of another length", [](Identity& other) { other.mostTokens = 65; });
}

void JournalTest::otherEvaluationsAreRefused()
{
    QFETCH(const Identity, other);
    QFETCH(const QString, what);
    begin();
    const QByteArray before = content();
    const auto journal = Journal::open(path(), other);
    QVERIFY(!journal);
    QVERIFY2(QString::fromStdString(journal.error().message).contains("was begun with " + what),
             journal.error().message.c_str());
    QCOMPARE(content(), before);
}

void JournalTest::filesThatAreNoJournal_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("what");

    QTest::newRow("words") << QByteArray("Dear diary,\n") << "is no journal";
    QTest::newRow("words without an end") << QByteArray("Dear diary") << "is no journal";
    QTest::newRow("examples") << QByteArray("{\"prompt\": \"a\"}\n") << "is no journal";
    QTest::newRow("of a later version")
        << QByteArray("{\"nestling_evaluation\": 2}\n") << "is no journal";
    QTest::newRow("with nothing of what it belongs to")
        << QByteArray("{\"nestling_evaluation\": 1}\n") << "was begun with";
}

void JournalTest::filesThatAreNoJournal()
{
    QFETCH(const QByteArray, file);
    QFETCH(const QString, what);
    write(file);
    const auto journal = Journal::open(path(), kIdentity);
    QVERIFY(!journal);
    QVERIFY2(QString::fromStdString(journal.error().message).contains(what),
             journal.error().message.c_str());
    QCOMPARE(content(), file);  // whatever it is, it is not ours to change
}

void JournalTest::placesThatCannotBeWritten()
{
    QVERIFY(!Journal::open(path("no folder/journal"), kIdentity));
    QVERIFY(!Journal::open(m_folder->path().toStdString(), kIdentity));
    QVERIFY(!Journal::open("/dev/full", kIdentity));
}

void JournalTest::digestsTellFilesApart()
{
    write("ab", "1");
    write("c", "2");
    write("a", "3");
    write("bc", "4");
    const auto digest = [this](const std::vector<const char*>& names) {
        std::vector<std::filesystem::path> files;
        files.reserve(names.size());
        for (const char* const name : names)
            files.push_back(path(name));
        const auto result = app::evaluation::digestOf(files, {});
        return result ? *result : result.error().message;
    };
    QCOMPARE(digest({"1", "2"}).size(), std::size_t{64});
    QCOMPARE(digest({"1", "2"}), digest({"1", "2"}));
    QVERIFY(digest({"1", "2"}) != digest({"3", "4"}));
    QVERIFY(digest({"1", "2"}) != digest({"2", "1"}));
    QVERIFY(digest({"1", "none"}).find("none cannot be read.") != std::string::npos);
    std::stop_source stop;
    stop.request_stop();
    QCOMPARE(app::evaluation::digestOf({path("1")}, stop.get_token()).error().code,
             engine::ErrorCode::Cancelled);
}

void JournalTest::partsOfAModelAreFound()
{
    for (const char* const name : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf",
                                   "n-00001-of-00002.gguf", "mmproj.gguf", "sizes.json", "notes"})
        write("x", name);
    engine::ModelInfo info;
    info.visionPath = path("mmproj.gguf");
    const auto files = app::evaluation::filesOf(path("m-00002-of-00002.gguf"), info);
    const std::vector<std::filesystem::path> wanted{path("m-00001-of-00002.gguf"),
                                                    path("m-00002-of-00002.gguf"),
                                                    path("mmproj.gguf"), path("sizes.json")};
    QCOMPARE(files, wanted);
    QCOMPARE(app::evaluation::filesOf(m_folder->path().toStdString(), {}).size(), std::size_t{6});
}

QTEST_GUILESS_MAIN(JournalTest)
#include "journal_test.moc"
