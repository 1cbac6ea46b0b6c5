#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <QPalette>
#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include "app/evaluation/chart.h"
#include "app/evaluation/export.h"
#include "tests/app/evaluation/scripted_subject.h"

using app::evaluation::Plan;
using app::evaluation::Report;
using app::evaluation::Run;
using tests::numberedExamples;
using tests::ScriptedSubject;

namespace {

Run finishedRun(Plan plan)
{
    Run run(std::move(plan), std::make_unique<ScriptedSubject>());
    while (*run.step({})) {
    }
    return run;
}

QStringList lines(const std::string& text)
{
    return QString::fromStdString(text).split('\n');
}

// Pixels that are nearer to one colour than to the page.
int pixelsLike(const QImage& image, const QColor& color)
{
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) == color ? 1 : 0;
    }
    return count;
}

QImage paint(const Report& report, const QPalette& palette)
{
    QImage image(480, 300, QImage::Format_RGB32);
    QPainter painter(&image);
    app::evaluation::paintChart(painter, image.rect(), palette, report);
    return image;
}

QPalette paletteOf(const QColor& base, const QColor& text, const QColor& link)
{
    QPalette palette;
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::Link, link);
    return palette;
}

}  // namespace

class ExportTest : public QObject {
    Q_OBJECT

private slots:
    void jsonHoldsAll();
    void csvHasALineForEachSizeAndKind();
    void csvQuotes();
    void markdownIsATable();
    void whatWasNotMeasuredIsEmpty();
    void chartShowsEverySize();
    void chartIsReadableInTheDark();
    void chartIsSaved();
};

void ExportTest::jsonHoldsAll()
{
    const Run run = finishedRun({numberedExamples(4), {{1, 2, 3}}});
    const auto json = nlohmann::json::parse(app::evaluation::toJson(run), nullptr, false);
    QVERIFY(json.is_object());
    QCOMPARE(json.value("done", 0), 10);
    const auto half = json["sizes"][1];
    QCOMPARE(half.value("name", ""), "half");
    QCOMPARE(half.value("exact", -1), 0);
    QCOMPARE(half.value("word_error_rate", 0.0), 1.0);
    QCOMPARE(half.value("tokens_per_second", 0.0), 20.0);
    QCOMPARE(half.value("memory_bytes", 0), 8192);
    QVERIFY(half.contains("perplexity") && half.contains("time_to_first_token_seconds") &&
            half.contains("log_likelihood_per_token") && half.contains("contained") &&
            half.contains("character_error_rate"));
    QCOMPARE(half["kinds"]["odd"].value("scored", 0), 2);
    QCOMPARE(json["answers"][3]["whole"][0].get<std::string>(), "answer 3");
}

void ExportTest::csvHasALineForEachSizeAndKind()
{
    const Run run = finishedRun({numberedExamples(4), {}});
    const QStringList csv = lines(app::evaluation::toCsv(run.report()));
    QCOMPARE(csv.size(), 8);  // a heading, twice three, and the end
    for (int i = 0; i < 7; ++i)
        QCOMPARE(csv[i].count(','), 15);
    QVERIFY(csv[1].startsWith("whole,,4,4,4,4,0.000000,0.000000,-0.500000,,10.000,"));
    QVERIFY(csv[2].startsWith("whole,even,2,2,2,2,"));
    QVERIFY(csv[6].startsWith("half,odd,2,2,0,0,"));
    QVERIFY(csv.last().isEmpty());
}

void ExportTest::csvQuotes()
{
    auto examples = numberedExamples(1);
    examples[0].kind = "a \"b\", c";
    const std::string csv = app::evaluation::toCsv(finishedRun({examples, {}}).report());
    QVERIFY(csv.find("whole,\"a \"\"b\"\", c\",1") != std::string::npos);
}

void ExportTest::markdownIsATable()
{
    auto examples = numberedExamples(4);
    examples[0].kind = "ev|en";
    const QStringList text =
        lines(app::evaluation::toMarkdown(finishedRun({examples, {}}).report()));
    QCOMPARE(text[0], "scripted on paper:");
    QVERIFY(text[2].startsWith("| size | exact | contained |"));
    QVERIFY(text[3].startsWith("|---|--:|"));
    QVERIFY(text[4].startsWith("| whole | 4 of 4 | 4 of 4 | 0.0 % | 0.0 % | -0.500 |"));
    for (int i = 3; i < 6; ++i)
        QCOMPARE(text[i].count('|'), text[2].count('|'));
    QVERIFY(text.contains("| ev\\|en | 1 of 1 | 0.0 % | 0 of 1 | 100.0 % |"));
}

void ExportTest::whatWasNotMeasuredIsEmpty()
{
    Run run({numberedExamples(1), {}}, std::make_unique<ScriptedSubject>());
    const QStringList csv = lines(app::evaluation::toCsv(run.report()));
    QCOMPARE(csv[1], "whole,,0,0,,,,,,,,,4000000,4096,8192,0");
    QVERIFY(app::evaluation::toMarkdown(run.report()).find("nan") == std::string::npos);
    QVERIFY(app::evaluation::toJson(run).find("null") == std::string::npos);
}

void ExportTest::chartShowsEverySize()
{
    const QPalette palette = paletteOf(Qt::white, Qt::black, Qt::red);
    const Report report = finishedRun({numberedExamples(4), {}}).report();
    Report one = report;
    one.sizes.pop_back();
    Report none = report;
    for (auto& size : none.sizes)
        size.tokensPerSecond = 0;
    const int ofTwo = pixelsLike(paint(report, palette), Qt::red);
    const int ofOne = pixelsLike(paint(one, palette), Qt::red);
    QVERIFY(ofOne > 20);
    QVERIFY(ofTwo > ofOne * 3 / 2);
    QCOMPARE(pixelsLike(paint(none, palette), Qt::red), 0);
    const QImage why = paint(none, palette);
    QVERIFY(why.width() * why.height() - pixelsLike(why, Qt::white) > 50);  // says why
}

void ExportTest::chartIsReadableInTheDark()
{
    const Report report = finishedRun({numberedExamples(4), {}}).report();
    const QImage image = paint(report, paletteOf(Qt::black, Qt::white, Qt::cyan));
    QCOMPARE(image.pixelColor(0, 0), QColor(Qt::black));
    QVERIFY(pixelsLike(image, Qt::white) > 50);
    QVERIFY(pixelsLike(image, Qt::cyan) > 50);
}

void ExportTest::chartIsSaved()
{
    const QTemporaryDir folder;
    const Report report = finishedRun({numberedExamples(4), {}}).report();
    const QString file = folder.filePath("chart.png");
    QVERIFY(app::evaluation::saveChart(report, file.toStdString()));
    QCOMPARE(QImage(file).size(), QSize(960, 600));
    const auto failed =
        app::evaluation::saveChart(report, folder.filePath("no/c.png").toStdString());
    QVERIFY(!failed);
    QCOMPARE(failed.error().code, engine::ErrorCode::InvalidInput);
}

QTEST_MAIN(ExportTest)
#include "export_test.moc"
