#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/device.h"
#include "engine/result.h"

namespace bench {

// A decode step after so many tokens, every layer and the drawing of the next token.
struct StepTime {
    std::uint32_t context = 0;
    double milliseconds = 0.0;  // the best of several
    double tokensPerSecond = 0.0;
    double gigabytesPerSecond = 0.0;  // of weights
    double ratio = 0.0;               // of that to a step after the fewest tokens
};

// What one kernel took of a step, all its dispatches together, by the device's clock.
struct KernelTime {
    std::string name;  // with the type of its weights, and how many bytes a dispatch reads
    std::uint32_t dispatches = 0;
    double milliseconds = 0.0;
    double share = 0.0;               // of the step
    double gigabytesPerSecond = 0.0;  // of weights; 0 where it reads none
};

struct StepTimes {
    std::vector<StepTime> steps;
    // Of all matrices that a step reads, multiplied one by one with a row, and nothing between.
    double productMilliseconds = 0.0;
    std::uint64_t productBytes = 0;
    std::vector<KernelTime> kernels;  // of a step after the fewest tokens, longest first
};

// Of a model with made-up weights, named as `nestling-cli bench --synthetic` does: "e2b:q4_0".
// Nothing is read before: the cache holds zeros, which take as long. Contexts take turns in one
// session.
engine::Result<StepTimes> measureSteps(const std::shared_ptr<engine::Device>& device,
                                       const std::string& model);

}  // namespace bench
