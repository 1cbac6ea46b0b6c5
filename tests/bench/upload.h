#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/gpu/context.h"
#include "engine/result.h"

namespace bench {

// Bytes brought from memory to memory in one of several ways, which are measured in turns.
struct Upload {
    std::string name;
    double gigabytesPerSecond = 0.0;  // the best of several turns
    double ofMemcpy = 0.0;            // times as fast as a memcpy of the same kind
};

// `bytes` from memory that has been read before: by memcpy in one thread, to the device in the way
// that weights take, and through the staging ring, where two threads copy; each in pieces of the
// same size to memory that has been written before. Then by memcpy and to the device again, to
// memory that nobody has touched, which is what a load meets. Fails with OutOfMemory.
engine::Result<std::vector<Upload>> measureUploads(engine::gpu::Context& context,
                                                   std::uint64_t bytes);

}  // namespace bench
