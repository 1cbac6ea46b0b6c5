#pragma once

#include <string>

#include "engine/model.h"
#include "engine/result.h"
#include "engine/session.h"

namespace app::cli {

// Runs the session at the size that --size says: a name, a fraction, or a list of sizes in a file,
// as FILE or FILE#NAME. Empty means the whole model.
engine::Result<void> setSize(engine::Session& session, const engine::Model& model,
                             const std::string& size);

}  // namespace app::cli
