#include "app/comparison.h"

#include <chrono>
#include <utility>

#include "app/conversion.h"
#include "engine/model.h"

namespace app {

namespace {

using Clock = std::chrono::steady_clock;

// Between two reports; reckoning up takes a moment.
constexpr std::chrono::milliseconds kReportEvery{1000};

ComparisonProgress toProgress(const evaluation::Progress& progress)
{
    return {static_cast<int>(progress.done), static_cast<int>(progress.total),
            progress.secondsLeft.value_or(-1)};
}

}  // namespace

struct Comparison::Work {
    Model model;
    std::unique_ptr<evaluation::Run> run;
    Clock::time_point lastReport;
};

Comparison::Comparison(UseModel useModel, Prepare prepare, QObject* parent)
    : QObject(parent)
    , m_useModel(std::move(useModel))
    , m_prepare(std::move(prepare))
    , m_work(std::make_shared<Work>())
{
    // Queued, so that what others asked of the model meanwhile comes first.
    connect(this, &Comparison::stepTaken, this, &Comparison::takeStep, Qt::QueuedConnection);
    const auto finish = [this] { m_isRunning = false; };
    connect(this, &Comparison::completed, this, finish);
    connect(this, &Comparison::failed, this, finish);
}

Comparison::~Comparison()
{
    stop();
}

void Comparison::start(const evaluation::Request& request)
{
    m_isRunning = true;
    m_stop = std::stop_source();
    m_useModel([this, work = m_work, request, stop = m_stop.get_token()](const Model& model) {
        auto run = m_prepare(model, request, stop);
        if (!run) {
            emit failed(toProblem(run.error()));
            return;
        }
        work->model = model;
        work->run = *std::move(run);
        work->lastReport = Clock::now();
        emit progressed(toProgress(work->run->progress()));
        emit reported(work->run->report());
        emit stepTaken(QPrivateSignal());
    });
}

void Comparison::stop()
{
    m_stop.request_stop();
}

void Comparison::takeStep()
{
    m_useModel([this, work = m_work, stop = m_stop.get_token()](const Model& model) {
        const auto end = [&] {
            emit reported(work->run->report());
            *work = {};
        };
        if (model != work->model) {
            end();
            emit failed({Problem::Kind::BadModel,
                         tr("Another model was opened, so the comparison ended.")});
            return;
        }
        const auto more = work->run->step(stop);
        if (!more || !*more) {
            end();
            if (more)
                emit completed();
            else
                emit failed(toProblem(more.error()));
            return;
        }
        emit progressed(toProgress(work->run->progress()));
        if (Clock::now() - work->lastReport >= kReportEvery) {
            work->lastReport = Clock::now();
            emit reported(work->run->report());
        }
        emit stepTaken(QPrivateSignal());
    });
}

}  // namespace app
