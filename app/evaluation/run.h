#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "app/evaluation/examples.h"
#include "app/evaluation/journal.h"
#include "app/evaluation/results.h"
#include "app/evaluation/subject.h"
#include "engine/result.h"

namespace app::evaluation {

// What is to be done: every example and every window of the text, at every size of the subject.
struct Plan {
    std::vector<Example> examples;
    std::vector<std::vector<engine::TokenId>> windows{};
};

struct Progress {
    std::size_t done = 0;
    std::size_t total = 0;
    std::optional<double> secondsLeft{};  // once one step has been measured
};

// An evaluation under way, one step at a time, so that whoever runs it can do something else
// between two. An example is run at every size before the next one: what has been done when an
// evaluation is given up compares like with like. Belongs to the thread of its subject.
class Run {
public:
    using Clock = std::function<std::chrono::nanoseconds()>;

    // With a journal, what it holds is done already, and the rest is added to it. Results of steps
    // that the plan does not have are left alone. `clock` is the steady one unless a test has its
    // own.
    Run(Plan plan, std::unique_ptr<Subject> subject, std::optional<Journal> journal = {},
        Clock clock = {});

    // Does the next step; false if none was left. After an error, or a stop (Cancelled), the step
    // has not been done and can be tried again.
    engine::Result<bool> step(const std::stop_token& stop);

    Progress progress() const;
    const Plan& plan() const noexcept { return m_plan; }
    const Results& results() const noexcept { return m_results; }
    Report report() const;

private:
    engine::Result<void> run(const Step& step, const std::stop_token& stop);

    Plan m_plan;
    std::unique_ptr<Subject> m_subject;
    std::optional<Journal> m_journal;
    Clock m_clock;
    std::vector<Step> m_todo;
    std::size_t m_next = 0;
    Results m_results;
    std::chrono::nanoseconds m_spent{};  // on the steps of this run
};

}  // namespace app::evaluation
