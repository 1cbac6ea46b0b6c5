#include <QFile>
#include <QTest>

#include <chrono>
#include <sstream>
#include <string>

#include "app/transcript.h"
#include "tests/support/temporary_folder.h"

using app::cueText;
using app::TranscriptCue;
using app::TranscriptFile;
using app::TranscriptFormat;
using std::chrono::milliseconds;

namespace {

const TranscriptCue kCue{milliseconds(3'723'004), milliseconds(3'725'060), "seven"};

std::string contentOf(const std::filesystem::path& path)
{
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : "no such file";
}

std::string textOf(TranscriptFormat format, const std::string& text)
{
    return cueText(format, 1, {milliseconds(0), milliseconds(1), text});
}

}  // namespace

class TranscriptTest : public QObject {
    Q_OBJECT

private slots:
    void cuesAreWrittenAsEachFormatHasThem();
    void longRecordingsHaveMoreHours();
    void textCannotEndACue();
    void textCannotBecomeMarkup();
    void theNameSaysTheFormat();
    void clocksShowHoursWhereThereAreAny();
    void filesAreWholeOrNotThere();
    void filesThatCannotBeWrittenAreNamed();
};

void TranscriptTest::cuesAreWrittenAsEachFormatHasThem()
{
    QCOMPARE(cueText(TranscriptFormat::Text, 3, kCue), std::string("seven\n"));
    QCOMPARE(cueText(TranscriptFormat::Srt, 3, kCue),
             std::string("3\n01:02:03,004 --> 01:02:05,060\nseven\n\n"));
    QCOMPARE(cueText(TranscriptFormat::Vtt, 3, kCue),
             std::string("01:02:03.004 --> 01:02:05.060\nseven\n\n"));
    QCOMPARE(app::transcriptHead(TranscriptFormat::Vtt), std::string("WEBVTT\n\n"));
    QCOMPARE(app::transcriptHead(TranscriptFormat::Srt), std::string());
}

void TranscriptTest::longRecordingsHaveMoreHours()
{
    const milliseconds begin = std::chrono::hours(123);
    QVERIFY(cueText(TranscriptFormat::Srt, 1, {begin, begin, "x"}).find("\n123:00:00,000 -->") ==
            1);
}

void TranscriptTest::textCannotEndACue()
{
    const std::string text = "\n\n one \r\n\r\n \t \n\x01two\n\n";
    for (const TranscriptFormat format : {TranscriptFormat::Srt, TranscriptFormat::Vtt}) {
        const std::string cue = textOf(format, text);
        QVERIFY2(cue.ends_with("\none\ntwo\n\n"), cue.c_str());
        QCOMPARE(cue.find("\n\n"), cue.size() - 2);
    }
}

void TranscriptTest::textCannotBecomeMarkup()
{
    const std::string text = "a --> b & <i>ü</i>";
    QVERIFY(textOf(TranscriptFormat::Srt, text).ends_with("\na → b & <i>ü</i>\n\n"));
    QVERIFY(textOf(TranscriptFormat::Vtt, text)
                .ends_with("\na --&gt; b &amp; &lt;i&gt;ü&lt;/i&gt;\n\n"));
    QCOMPARE(textOf(TranscriptFormat::Text, text), text + "\n");
}

void TranscriptTest::theNameSaysTheFormat()
{
    QVERIFY(app::formatOf("a.b/talk.SRT") == TranscriptFormat::Srt);
    QVERIFY(app::formatOf("talk.vtt") == TranscriptFormat::Vtt);
    QVERIFY(app::formatOf("talk.txt") == TranscriptFormat::Text);
    QVERIFY(app::formatOf("srt") == TranscriptFormat::Text);
}

void TranscriptTest::clocksShowHoursWhereThereAreAny()
{
    QCOMPARE(app::clockText(milliseconds(0)), std::string("0:00"));
    QCOMPARE(app::clockText(milliseconds(123'999)), std::string("2:03"));
    QCOMPARE(app::clockText(milliseconds(3'723'004)), std::string("1:02:03"));
}

void TranscriptTest::filesAreWholeOrNotThere()
{
    const tests::TemporaryFolder folder;
    const auto path = folder / "talk.vtt";
    {
        auto file = TranscriptFile::create(path, TranscriptFormat::Vtt);
        QVERIFY(file && file->add(kCue));
        QVERIFY(!std::filesystem::exists(path));
    }
    QVERIFY(std::filesystem::is_empty(folder.path()));

    auto file = TranscriptFile::create(path, TranscriptFormat::Vtt);
    QVERIFY(file && file->add(kCue) && file->add(kCue) && file->finish());
    const std::string cue = "01:02:03.004 --> 01:02:05.060\nseven\n\n";
    QCOMPARE(contentOf(path), "WEBVTT\n\n" + cue + cue);
    QVERIFY(!std::filesystem::exists(path.string() + ".partial"));
}

void TranscriptTest::filesThatCannotBeWrittenAreNamed()
{
    const tests::TemporaryFolder folder;
    for (const auto& path : {folder.path(), folder / "missing" / "talk.srt"}) {
        const auto file = TranscriptFile::create(path, TranscriptFormat::Srt);
        QVERIFY(!file);
        QVERIFY(file.error().message.starts_with(path.string() + " cannot be written: "));
    }
}

QTEST_GUILESS_MAIN(TranscriptTest)
#include "transcript_test.moc"
