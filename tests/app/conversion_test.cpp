#include "app/conversion.h"

#include <QTest>

#include "engine/device.h"
#include "engine/message.h"
#include "engine/model.h"
#include "engine/result.h"

using app::Problem;
using engine::ErrorCode;

class ConversionTest : public QObject {
    Q_OBJECT

private slots:
    void textSurvivesTheRoundTrip();
    void pathsSurviveTheRoundTrip();
    void everyErrorBecomesSentences_data();
    void everyErrorBecomesSentences();
    void missingDriverSaysWhatToInstall();
    void summaryTakesWhatTheWindowShows();
};

void ConversionTest::textSurvivesTheRoundTrip()
{
    const std::string utf8 = "egg \xF0\x9F\xA5\x9A, \xE5\xB7\xA2";
    QCOMPARE(app::toUtf8(app::toText(std::string_view(utf8))), utf8);
}

void ConversionTest::pathsSurviveTheRoundTrip()
{
    const QString path = QString::fromUtf8("/a b/\xE5\xB7\xA2.gguf");
    QCOMPARE(app::toText(app::toPath(path)), path);
}

void ConversionTest::everyErrorBecomesSentences_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("kind");

    const auto row = [](const char* name, ErrorCode code, Problem::Kind kind) {
        QTest::newRow(name) << static_cast<int>(code) << static_cast<int>(kind);
    };
    row("file", ErrorCode::InvalidFile, Problem::Kind::BadModel);
    row("model", ErrorCode::UnsupportedModel, Problem::Kind::BadModel);
    row("input", ErrorCode::InvalidInput, Problem::Kind::BadInput);
    row("context", ErrorCode::ContextFull, Problem::Kind::ContextFull);
    row("memory", ErrorCode::OutOfMemory, Problem::Kind::OutOfMemory);
    row("device", ErrorCode::DeviceUnavailable, Problem::Kind::NoDevice);
    row("lost", ErrorCode::DeviceLost, Problem::Kind::DeviceLost);
    row("cancelled", ErrorCode::Cancelled, Problem::Kind::Cancelled);
}

void ConversionTest::everyErrorBecomesSentences()
{
    QFETCH(const int, code);
    QFETCH(const int, kind);
    const Problem problem =
        app::toProblem({static_cast<ErrorCode>(code), "the tensor blk.0.x is missing"});
    QCOMPARE(static_cast<int>(problem.kind), kind);
    QVERIFY(problem.sentence.startsWith("The tensor blk.0.x is missing."));
    QVERIFY(problem.sentence.endsWith('.'));
    QVERIFY(!problem.sentence.contains(".."));
}

void ConversionTest::missingDriverSaysWhatToInstall()
{
    const Problem problem = app::noDeviceProblem();
    QCOMPARE(problem.kind, Problem::Kind::NoDevice);
    QVERIFY(problem.sentence.contains("mesa-vulkan-drivers"));
}

void ConversionTest::summaryTakesWhatTheWindowShows()
{
    engine::ModelInfo model;
    model.name = "Gemma";
    model.isDemonstration = true;
    engine::DeviceInfo device;
    device.name = "llvmpipe";
    device.isSoftware = true;
    const app::ModelSummary summary = app::toSummary(model, device, 2048, 480000);
    QCOMPARE(summary.name, "Gemma");
    QCOMPARE(summary.device, "llvmpipe");
    QVERIFY(summary.isDemonstration);
    QVERIFY(summary.isSoftwareDevice);
    QCOMPARE(summary.contextLength, 2048U);
}

QTEST_GUILESS_MAIN(ConversionTest)
#include "conversion_test.moc"
