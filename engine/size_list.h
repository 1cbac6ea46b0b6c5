#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/size.h"

namespace engine {

// Reads a list of sizes, as files carry it under `nestling.matformer.sizes` or beside them as
// sizes.json:
//
//     {"sizes": [{"name": "half", "ffn": [256, 256, …], "skip": [6, 7]}, …]}
//
// `ffn` is a width for each layer of the file, skipped or not, or one number for all of `layers`;
// `skip` may be missing. Fails with InvalidFile, naming `source`, for what is no such list: too
// long, names that are empty, long, numbers or there twice, widths that are no whole numbers.
// Whether a model allows the sizes is not its question.
Result<std::vector<ModelSize>> parseSizeList(std::string_view text, const std::string& source,
                                             std::uint32_t layers);

// Names are the same but for capitals, and whether words are parted by spaces, hyphens or
// underscores.
bool isSameSizeName(std::string_view a, std::string_view b);

}  // namespace engine
