#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "app/cli/output.h"
#include "engine/result.h"
#include "engine/session.h"

namespace engine {
class Model;
}

namespace app::cli {

// What it takes to go on at another size between two answers.
struct SwitchCosts {
    std::string from;
    std::string to;
    double seconds = 0.0;                 // of Session::setSize(); the fastest
    std::uint64_t deviceBytesBefore = 0;  // of everything on the device
    std::uint64_t deviceBytesAfter = 0;
};

// Switches the session, which holds a conversation and has room for a token, between its size and
// the smallest that the model lists, back and forth, and leaves it as it was. None where there is
// no other size. Fails as Session::generate() does.
engine::Result<std::optional<SwitchCosts>>
measureSwitch(engine::Session& session, const engine::Model& model, const std::stop_token& stop);

Json switchJson(const SwitchCosts& costs);

}  // namespace app::cli
