#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "app/cli/line_reader.h"
#include "app/cli/options.h"
#include "app/spoken_message.h"
#include "engine/result.h"

namespace app::cli {

// Opens the microphone, and hears a message until a line is typed, which is returned; the input
// ends; the device is gone; or, if that is chosen, the speaker pauses. InvalidInput where nothing
// was heard, Cancelled by Ctrl-C.
engine::Result<std::string> hearTurn(const ChatOptions& options, LineReader& reader,
                                     SpokenMessage& message, std::uint64_t samplesPerClip,
                                     const std::stop_token& stop);

}  // namespace app::cli
