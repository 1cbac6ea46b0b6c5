#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <QtGlobal>

#include "engine/model.h"
#include "engine/session.h"
#include "tests/support/tiny_model.h"

namespace tests {

// What a test takes for granted: the value, or the end of the program with the error's sentence.
template <typename T>
T must(engine::Result<T> result)
{
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return *std::move(result);
}

inline void must(const engine::Result<void>& result)
{
    if (!result)
        qFatal("%s", result.error().message.c_str());
}

// The model written as GGUF to a folder that is gone afterwards, and loaded.
std::shared_ptr<const engine::Model> loadTiny(std::shared_ptr<engine::Device> device,
                                              const TinyModel& model);

engine::Session startSession(std::shared_ptr<const engine::Model> model,
                             const engine::SessionOptions& options = {});

// Logits [ids × vocabulary] of `ids`, which stay in the conversation.
engine::Result<std::vector<float>>
logitsOf(engine::Session& session, std::span<const std::uint32_t> ids, std::uint32_t chunk = 64);

// The likeliest token each time.
engine::SamplingOptions greedy(std::uint32_t maxTokens);

// What the reference decoder says of the model file's logits, [ids × vocabulary].
std::vector<float> referenceLogits(const std::filesystem::path& model,
                                   std::span<const std::uint32_t> ids);

}  // namespace tests
