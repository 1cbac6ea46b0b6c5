#pragma once

#include <string>
#include <vector>

#include "app/cli/output.h"
#include "engine/session.h"

namespace engine {
class Model;
}

namespace app::cli {

// One prompt read and answered, with the counters of each half.
struct BenchRun {
    double prefillSeconds = 0.0;
    double firstTokenSeconds = 0.0;
    double decodeSeconds = 0.0;
    engine::Counters prefill;
    engine::Counters decode;
};

// Medians of the times; the counters of the first run, as all are the same. `session` is the one
// that was measured.
Json benchJson(const std::vector<BenchRun>& runs, const engine::Model& model,
               const engine::Session& session);

// The same for a person.
std::string benchText(const Json& json);

}  // namespace app::cli
