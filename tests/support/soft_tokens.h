#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/device.h"
#include "engine/message.h"

namespace tests {

// What an encoder would hand over: rows [count × hidden] and the row that ends them, in memory of
// the device.
engine::SoftTokens softTokens(const std::shared_ptr<engine::Device>& device,
                              engine::SoftTokens::Source source, std::span<const float> rows,
                              std::span<const float> end);

}  // namespace tests
