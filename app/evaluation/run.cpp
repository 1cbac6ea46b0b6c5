#include "app/evaluation/run.h"

#include <utility>

namespace app::evaluation {
namespace {

std::vector<Step> allSteps(const Plan& plan, std::size_t sizes)
{
    std::vector<Step> steps;
    const auto add = [&](Step::Kind kind, std::size_t count) {
        for (std::size_t index = 0; index < count; ++index) {
            for (std::size_t size = 0; size < sizes; ++size)
                steps.push_back({kind, index, size});
        }
    };
    add(Step::Kind::Example, plan.examples.size());
    add(Step::Kind::Window, plan.windows.size());
    return steps;
}

std::chrono::nanoseconds steadyNow()
{
    return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

Run::Run(Plan plan, std::unique_ptr<Subject> subject, std::optional<Journal> journal, Clock clock)
    : m_plan(std::move(plan))
    , m_subject(std::move(subject))
    , m_journal(std::move(journal))
    , m_clock(clock ? std::move(clock) : Clock(steadyNow))
{
    for (const Step& step : allSteps(m_plan, m_subject->sizes().size())) {
        if (!m_journal || !m_journal->found().has(step))
            m_todo.push_back(step);
        else if (step.kind == Step::Kind::Example)
            m_results.examples.emplace(step, m_journal->found().examples.at(step));
        else
            m_results.windows.emplace(step, m_journal->found().windows.at(step));
    }
}

engine::Result<bool> Run::step(const std::stop_token& stop)
{
    if (m_next == m_todo.size())
        return false;
    if (stop.stop_requested())
        return engine::Error{engine::ErrorCode::Cancelled, "The evaluation was stopped."};
    const auto start = m_clock();
    ENGINE_TRY_VOID(run(m_todo[m_next], stop));
    m_spent += m_clock() - start;
    ++m_next;
    return true;
}

engine::Result<void> Run::run(const Step& step, const std::stop_token& stop)
{
    if (step.kind == Step::Kind::Example) {
        ENGINE_TRY(auto result, m_subject->answer(m_plan.examples[step.index], step.size, stop));
        if (m_journal)
            ENGINE_TRY_VOID(m_journal->add(step, result));
        m_results.examples.emplace(step, std::move(result));
        return {};
    }
    ENGINE_TRY(const auto likelihood, m_subject->read(m_plan.windows[step.index], step.size, stop));
    if (m_journal)
        ENGINE_TRY_VOID(m_journal->add(step, likelihood));
    m_results.windows.emplace(step, likelihood);
    return {};
}

Progress Run::progress() const
{
    const std::size_t left = m_todo.size() - m_next;
    Progress progress{m_results.count(), m_results.count() + left, std::nullopt};
    if (m_next > 0) {
        const double each =
            std::chrono::duration<double>(m_spent).count() / static_cast<double>(m_next);
        progress.secondsLeft = each * static_cast<double>(left);
    }
    return progress;
}

Report Run::report() const
{
    return makeReport(m_subject->model(), m_subject->device(), m_plan.examples, m_subject->sizes(),
                      m_results);
}

}  // namespace app::evaluation
