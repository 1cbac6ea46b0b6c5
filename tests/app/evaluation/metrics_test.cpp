#include <QTest>

#include "app/evaluation/metrics.h"

using app::evaluation::characterEdits;
using app::evaluation::contains;
using app::evaluation::Edits;
using app::evaluation::isSame;
using app::evaluation::normalised;
using app::evaluation::wordEdits;

class MetricsTest : public QObject {
    Q_OBJECT

private slots:
    void textsAreNormalised_data();
    void textsAreNormalised();
    void editsAreCounted_data();
    void editsAreCounted();
    void editsAreAtMostTheLongerText();
    void rates_data();
    void rates();
    void sameAndContained_data();
    void sameAndContained();
};

void MetricsTest::textsAreNormalised_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("result");

    QTest::newRow("blanks") << QByteArray("  a \t b\n\nc ") << QByteArray("a b c");
    QTest::newRow("capitals and punctuation stay")
        << QByteArray("It is Red.") << QByteArray("It is Red.");
    QTest::newRow("composed") << QByteArray("e\xCC\x81") << QByteArray("\xC3\xA9");
    QTest::newRow("a blank that does not break") << QByteArray("a\xC2\xA0 b") << QByteArray("a b");
    QTest::newRow("no UTF-8") << QByteArray("a\xFF") << QByteArray("a\xEF\xBF\xBD");
    QTest::newRow("nothing") << QByteArray(" \n") << QByteArray();
}

void MetricsTest::textsAreNormalised()
{
    QFETCH(const QByteArray, text);
    QTEST(QByteArray::fromStdString(normalised(text.toStdString())), "result");
}

void MetricsTest::editsAreCounted_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("expected");
    QTest::addColumn<quint64>("words");
    QTest::addColumn<quint64>("wordCount");
    QTest::addColumn<quint64>("characters");
    QTest::addColumn<quint64>("characterCount");

    const auto row = [](const char* name, const char* answer, const char* expected, quint64 words,
                        quint64 wordCount, quint64 characters, quint64 characterCount) {
        QTest::newRow(name) << QByteArray(answer) << QByteArray(expected) << words << wordCount
                            << characters << characterCount;
    };
    row("the same", "a red star", "a  red star\n", 0, 3, 0, 10);
    row("a word replaced", "a red square", "a red star", 1, 3, 3, 10);
    row("a word left out", "a star", "a red star", 1, 3, 4, 10);
    row("a word too much", "a big red star", "a red star", 1, 3, 4, 10);
    row("nothing said", "", "a red star", 3, 3, 10, 10);
    row("nothing expected", "well", "", 1, 0, 4, 0);
    row("nothing at all", "", " ", 0, 0, 0, 0);
    row("kitten", "kitten", "sitting", 1, 1, 3, 7);
    row("an accent is one character", "caf\xC3\xA9", "cafe", 1, 1, 1, 4);
    row("as is one beyond the basic plane", "\xF0\x9F\x90\xA3", "x", 1, 1, 1, 1);
    row("shifted", "b c d e", "a b c d", 2, 4, 4, 7);
}

void MetricsTest::editsAreCounted()
{
    QFETCH(const QByteArray, answer);
    QFETCH(const QByteArray, expected);
    const Edits words = wordEdits(answer.toStdString(), expected.toStdString());
    const Edits characters = characterEdits(answer.toStdString(), expected.toStdString());
    QTEST(quint64(words.edits), "words");
    QTEST(quint64(words.length), "wordCount");
    QTEST(quint64(characters.edits), "characters");
    QTEST(quint64(characters.length), "characterCount");
}

// And the same there and back, as insertions become deletions.
void MetricsTest::editsAreAtMostTheLongerText()
{
    const std::vector<std::string> texts{"", "a", "ab", "ba", "abab", "bbbaaa", "abcabc", "cab"};
    for (const std::string& from : texts) {
        for (const std::string& to : texts) {
            const auto there = characterEdits(from, to).edits;
            QCOMPARE(there, characterEdits(to, from).edits);
            QVERIFY(there <= std::max(from.size(), to.size()));
            QVERIFY((there == 0) == (from == to));
        }
    }
}

void MetricsTest::rates_data()
{
    QTest::addColumn<quint64>("edits");
    QTest::addColumn<quint64>("length");
    QTest::addColumn<double>("rate");

    QTest::newRow("a quarter") << quint64(1) << quint64(4) << 0.25;
    QTest::newRow("far too much said") << quint64(6) << quint64(4) << 1.5;
    QTest::newRow("nothing expected, nothing said") << quint64(0) << quint64(0) << 0.0;
    QTest::newRow("nothing expected, something said") << quint64(3) << quint64(0) << 1.0;
}

void MetricsTest::rates()
{
    QFETCH(const quint64, edits);
    QFETCH(const quint64, length);
    QTEST((Edits{edits, length}.rate()), "rate");
}

void MetricsTest::sameAndContained_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("expected");
    QTest::addColumn<bool>("same");
    QTest::addColumn<bool>("contained");

    QTest::newRow("same") << QByteArray("red ") << QByteArray("red") << true << true;
    QTest::newRow("within") << QByteArray("It is red.") << QByteArray("red") << false << true;
    QTest::newRow("over a line's end")
        << QByteArray("a red\nstar") << QByteArray("red star") << false << true;
    QTest::newRow("other capitals") << QByteArray("Red") << QByteArray("red") << false << false;
    QTest::newRow("the other way round")
        << QByteArray("red") << QByteArray("It is red.") << false << false;
    QTest::newRow("nothing in something") << QByteArray("red") << QByteArray() << false << false;
    QTest::newRow("nothing in nothing") << QByteArray(" ") << QByteArray() << true << true;
}

void MetricsTest::sameAndContained()
{
    QFETCH(const QByteArray, answer);
    QFETCH(const QByteArray, expected);
    QTEST(isSame(answer.toStdString(), expected.toStdString()), "same");
    QTEST(contains(answer.toStdString(), expected.toStdString()), "contained");
}

QTEST_GUILESS_MAIN(MetricsTest)
#include "metrics_test.moc"
