#include <QTemporaryDir>
#include <QTest>

#include "app/evaluation/export.h"
#include "app/evaluation/run.h"
#include "tests/app/evaluation/scripted_subject.h"

using app::evaluation::ExampleResult;
using app::evaluation::Identity;
using app::evaluation::Journal;
using app::evaluation::Plan;
using app::evaluation::Report;
using app::evaluation::Run;
using tests::numberedExamples;
using tests::ScriptedSubject;

namespace {

const Identity kIdentity{"e", "m", "t", "paper", {"whole", "half"}, 64};

std::unique_ptr<ScriptedSubject> makeSubject(ScriptedSubject::Answer answer = {})
{
    return std::make_unique<ScriptedSubject>(std::move(answer));
}

// Steps until nothing is left; how many there were.
int runAll(Run& run)
{
    int steps = 0;
    for (;;) {
        const auto more = run.step({});
        if (!more)
            qFatal("%s", more.error().message.c_str());
        if (!*more)
            return steps;
        ++steps;
    }
}

Plan smallPlan()
{
    return {numberedExamples(4), {{1, 2, 3}, {4, 5}}};
}

}  // namespace

class RunTest : public QObject {
    Q_OBJECT

private slots:
    void everyExampleIsAskedAtEverySize();
    void reportReckonsUp();
    void historyIsNotScored();
    void answersWithoutExpectationAreNotScored();
    void failuresAreCounted();
    void errorsEndARunAndTheStepIsTriedAgain();
    void stopsAndGoesOn();
    void timeLeftFollowsTheClock();
    void resumesExactly();
    void nothingIsLeftOfAFinishedJournal();
};

void RunTest::everyExampleIsAskedAtEverySize()
{
    std::vector<std::string> order;
    Run run(Plan{numberedExamples(2)}, makeSubject([&](const auto& example, std::size_t size) {
                order.push_back(example.turns[0].parts[0].text + " " + std::to_string(size));
                return ExampleResult{};
            }));
    QCOMPARE(runAll(run), 4);
    const std::vector<std::string> wanted{"say 0 0", "say 0 1", "say 1 0", "say 1 1"};
    QCOMPARE(order, wanted);
}

void RunTest::reportReckonsUp()
{
    Run run(smallPlan(), makeSubject());
    QCOMPARE(runAll(run), 12);
    const Report report = run.report();
    QCOMPARE(report.model, "scripted");
    QCOMPARE(report.sizes.size(), std::size_t{2});
    const auto& whole = report.sizes[0];
    QCOMPARE(whole.all.scored, std::uint64_t{4});
    QCOMPARE(whole.all.exact, std::uint64_t{4});
    QCOMPARE(whole.all.contained, std::uint64_t{4});
    QCOMPARE(whole.all.words.rate(), 0.0);
    QCOMPARE(whole.tokensPerSecond, 10.0);  // ten tokens after the first, in a second
    QCOMPARE(whole.firstTokenSeconds, 0.25);
    QCOMPARE(whole.all.expected.perToken(), -0.5);
    QCOMPARE(whole.text.perplexity(), std::exp(1.0));
    QCOMPARE(whole.kinds.size(), std::size_t{2});
    QCOMPARE(whole.kinds[0].first, "even");
    QCOMPARE(whole.kinds[0].second.exact, std::uint64_t{2});
    const auto& half = report.sizes[1];
    QCOMPARE(half.all.exact, std::uint64_t{0});
    QCOMPARE(half.all.words.rate(), 1.0);
    QCOMPARE(half.tokensPerSecond, 20.0);
    QCOMPARE(half.text.tokens, std::uint64_t{5});
    QCOMPARE(half.text.perplexity(), std::exp(2.0));
}

void RunTest::historyIsNotScored()
{
    auto examples = numberedExamples(1);
    examples[0].turns.insert(examples[0].turns.begin(), {{{}}, "said before", true});
    Run run(Plan{examples}, makeSubject());
    runAll(run);
    QCOMPARE(run.report().sizes[0].all.answers, std::uint64_t{1});
    QCOMPARE(run.report().sizes[0].all.exact, std::uint64_t{1});
}

void RunTest::answersWithoutExpectationAreNotScored()
{
    auto examples = numberedExamples(2);
    examples[1].turns[0].expected.reset();
    Run run(Plan{examples}, makeSubject());
    runAll(run);
    QCOMPARE(run.report().sizes[0].all.answers, std::uint64_t{2});
    QCOMPARE(run.report().sizes[0].all.scored, std::uint64_t{1});
}

void RunTest::failuresAreCounted()
{
    Run run(Plan{numberedExamples(3)}, makeSubject([](const auto& example, std::size_t) {
                const std::string& asked = example.turns[0].parts[0].text;
                if (asked == "say 1")
                    return ExampleResult{{}, "The context is full."};
                return ExampleResult{{{"answer 0", 5, 1, 1, std::nullopt}}, {}};
            }));
    runAll(run);
    const auto size = run.report().sizes[0];
    QCOMPARE(size.failures, std::uint64_t{1});
    QCOMPARE(size.firstFailure, "The context is full.");
    QCOMPARE(size.all.scored, std::uint64_t{2});
    QCOMPARE(size.all.exact, std::uint64_t{1});
}

void RunTest::errorsEndARunAndTheStepIsTriedAgain()
{
    int failures = 1;
    Run run(Plan{numberedExamples(1)},
            makeSubject([&](const auto&, std::size_t) -> engine::Result<ExampleResult> {
                if (failures-- > 0)
                    return engine::Error{engine::ErrorCode::DeviceLost, "The device is lost."};
                return ExampleResult{};
            }));
    const auto failed = run.step({});
    QVERIFY(!failed);
    QCOMPARE(failed.error().code, engine::ErrorCode::DeviceLost);
    QCOMPARE(run.progress().done, std::size_t{0});
    QCOMPARE(runAll(run), 2);
}

void RunTest::stopsAndGoesOn()
{
    Run run(smallPlan(), makeSubject());
    QVERIFY(run.step({}));
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = run.step(stop.get_token());
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, engine::ErrorCode::Cancelled);
    QCOMPARE(run.progress().done, std::size_t{1});
    QCOMPARE(runAll(run), 11);
}

void RunTest::timeLeftFollowsTheClock()
{
    using namespace std::chrono_literals;
    std::chrono::nanoseconds now{};
    Run run(Plan{numberedExamples(5)}, makeSubject([&](const auto&, std::size_t) {
                now += 3s;
                return ExampleResult{};
            }),
            std::nullopt, [&now] { return now; });
    QVERIFY(!run.progress().secondsLeft);
    QVERIFY(run.step({}));
    now += 100s;  // between two steps others may have the device
    QVERIFY(run.step({}));
    QCOMPARE(run.progress().done, std::size_t{2});
    QCOMPARE(run.progress().total, std::size_t{10});
    QCOMPARE(run.progress().secondsLeft.value_or(0), 24.0);
}

// Ended after every number of steps, and with a line half written.
void RunTest::resumesExactly()
{
    Run whole(smallPlan(), makeSubject());
    runAll(whole);
    const std::string wanted = app::evaluation::toJson(whole);
    for (int before = 0; before <= 12; ++before) {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("journal").toStdString();
        {
            auto journal = Journal::open(path, kIdentity);
            QVERIFY(journal);
            Run run(smallPlan(), makeSubject(), *std::move(journal));
            for (int i = 0; i < before; ++i)
                QVERIFY(run.step({}));
        }
        auto journal = Journal::open(path, kIdentity);
        QVERIFY(journal);
        auto subject = makeSubject();
        const ScriptedSubject* const asked = subject.get();
        Run run(smallPlan(), std::move(subject), *std::move(journal));
        QCOMPARE(run.progress().done, static_cast<std::size_t>(before));
        runAll(run);
        QCOMPARE(asked->asked, 12 - before);
        QCOMPARE(app::evaluation::toJson(run), wanted);
    }
}

void RunTest::nothingIsLeftOfAFinishedJournal()
{
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("journal").toStdString();
    for (const int steps : {12, 0}) {
        auto journal = Journal::open(path, kIdentity);
        QVERIFY(journal);
        Run run(smallPlan(), makeSubject(), *std::move(journal));
        QCOMPARE(runAll(run), steps);
        QCOMPARE(run.progress().done, run.progress().total);
    }
}

QTEST_GUILESS_MAIN(RunTest)
#include "run_test.moc"
