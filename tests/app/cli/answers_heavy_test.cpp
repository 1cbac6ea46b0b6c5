#include <QFile>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

// What people ask the small model in words only, and what the published implementation answers.
class AnswersTest : public QObject {
    Q_OBJECT

private slots:
    void answersAreThoseOfTheReference();
};

void AnswersTest::answersAreThoseOfTheReference()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    QFile file(TEST_DATA_DIR "/demo/text-answers.jsonl");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().trimmed().split('\n');
    QVERIFY(lines.size() >= 30);

    qsizetype same = 0;
    for (const QByteArray& line : lines) {
        const auto pair = nlohmann::json::parse(line, nullptr, false);
        const auto result = tests::runCli({"generate", "--temp", "0", "-"},
                                          QByteArray::fromStdString(pair.value("prompt", "")));
        if (result.output == QByteArray::fromStdString(pair.value("answer", "") + "\n"))
            ++same;
        else
            qWarning("%s\n  is answered with %s", line.constData(), result.output.constData());
    }
    QVERIFY2(same * 100 >= lines.size() * 97, qPrintable(QString::number(same) + " are the same"));
}

}  // namespace

QTEST_GUILESS_MAIN(AnswersTest)
#include "answers_heavy_test.moc"
