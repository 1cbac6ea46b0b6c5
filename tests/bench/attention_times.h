#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/gpu/context.h"
#include "engine/result.h"

namespace bench {

// Attention of one layer of E2B's shape over a cache in halves.
struct AttentionTime {
    std::string name;
    std::uint32_t tokens = 0;         // queries, the last of which sees the most keys
    std::uint32_t keys = 0;           // that it sees
    double milliseconds = 0.0;        // of one dispatch, the best of several submissions
    double firstMilliseconds = 0.0;   // of the first submission, which compiles the shader
    double gigabytesPerSecond = 0.0;  // of keys and values, were each read once for each token
};

// Layers of full attention and sliding ones, one token and a chunk of them, over 512 and 8,192
// positions. All of them take turns; a submission holds one `repeats` times, but no more than fit
// in a quarter of a second.
engine::Result<std::vector<AttentionTime>> measureAttention(engine::gpu::Context& context,
                                                            std::uint32_t repeats);

}  // namespace bench
