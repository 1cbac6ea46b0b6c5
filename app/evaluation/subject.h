#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "app/evaluation/results.h"
#include "engine/message.h"
#include "engine/result.h"
#include "engine/session.h"

namespace engine {
class Model;
}

namespace app::evaluation {

// What is evaluated: a model, in some of its sizes. Belongs to the thread of its device.
class Subject {
public:
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    virtual ~Subject() = default;

    virtual std::string model() const = 0;
    virtual std::string device() const = 0;  // and how it computes, if not as usual
    virtual const std::vector<SizeFacts>& sizes() const = 0;  // by whose places it is asked

    // Asks the turns of an example in a conversation of their own. What is wrong with the example
    // is its result's problem; the error is what ends an evaluation: the device, or Cancelled.
    virtual engine::Result<ExampleResult> answer(const Example& example, std::size_t size,
                                                 const std::stop_token& stop) = 0;

    // The likelihood of a piece of text that follows nothing but the beginning of text.
    virtual engine::Result<Likelihood> read(std::span<const engine::TokenId> window,
                                            std::size_t size, const std::stop_token& stop) = 0;
};

struct SubjectOptions {
    std::vector<std::string> sizes;  // by name; empty for all that the file offers
    std::uint32_t mostTokens = 256;  // of an answer
    engine::SessionOptions session{};
};

// The model itself, answering greedily. A size that the file does not offer, or that is refused, is
// InvalidInput. Allocates one session: OutOfMemory.
engine::Result<std::unique_ptr<Subject>> makeSubject(std::shared_ptr<const engine::Model> model,
                                                     const SubjectOptions& options);

// The ids of a text in windows of what such a subject reads at once.
engine::Result<std::vector<std::vector<engine::TokenId>>> windowsOf(const engine::Model& model,
                                                                    std::string_view text);

}  // namespace app::evaluation
