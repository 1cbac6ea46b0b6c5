#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/evaluation/subject.h"

namespace tests {

// A Subject of two sizes that answers what a test tells it, and counts how often it was asked.
class ScriptedSubject : public app::evaluation::Subject {
public:
    using Answer = std::function<engine::Result<app::evaluation::ExampleResult>(
        const app::evaluation::Example& example, std::size_t size)>;

    ScriptedSubject() = default;
    explicit ScriptedSubject(Answer answer) : m_answer(std::move(answer)) {}

    std::string model() const override { return "scripted"; }
    std::string device() const override { return "paper"; }
    const std::vector<app::evaluation::SizeFacts>& sizes() const override { return facts; }

    engine::Result<app::evaluation::ExampleResult> answer(const app::evaluation::Example& example,
                                                          std::size_t size,
                                                          const std::stop_token& stop) override
    {
        if (stop.stop_requested())
            return engine::Error{engine::ErrorCode::Cancelled, "Stopped."};
        ++asked;
        if (m_answer)
            return m_answer(example, size);
        // The whole model is right and the half one is not.
        app::evaluation::ExampleResult result;
        for (const app::evaluation::ExampleTurn& turn : example.turns) {
            if (!turn.isHistory)
                result.turns.push_back({size == 0 ? turn.expected.value_or("well") : "no", 11,
                                        size == 0 ? 1.0 : 0.5, 0.25,
                                        app::evaluation::Likelihood{-2.0, 4}});
        }
        return result;
    }

    engine::Result<app::evaluation::Likelihood> read(std::span<const engine::TokenId> window,
                                                     std::size_t size,
                                                     const std::stop_token& /*stop*/) override
    {
        ++asked;
        return app::evaluation::Likelihood{-1.0 * static_cast<double>(size + 1) *
                                               static_cast<double>(window.size()),
                                           window.size()};
    }

    std::vector<app::evaluation::SizeFacts> facts{{"whole", 4000000, 4096, 8192},
                                                  {"half", 2000000, 2048, 8192}};
    int asked = 0;

private:
    Answer m_answer;
};

// "say 0" is to be answered with "answer 0", of two kinds in turn.
inline std::vector<app::evaluation::Example> numberedExamples(std::size_t count)
{
    using app::evaluation::ExamplePart;
    std::vector<app::evaluation::Example> examples;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        examples.push_back({i % 2 == 0 ? "even" : "odd",
                            {{{{ExamplePart::Kind::Text, "say " + number}}, "answer " + number}}});
    }
    return examples;
}

}  // namespace tests
