#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/gpu/arena.h"
#include "engine/kernels/attention.h"
#include "engine/message.h"
#include "engine/result.h"

namespace engine::decoder {

// Keys and values of one session, in 16-bit floats or, if wanted or a head is no whole number of
// 16-byte units of them, in 32 bits. Layers of full attention hold every position of the
// context; sliding ones a ring of the window and some slack, so that a chunk of prefill keeps the
// keys that its first rows need, and the last turns can be taken back for free. Layers that borrow
// own nothing.
class KvCache {
public:
    // Slots beyond the window: a chunk of 256 rows and 768 positions to go back.
    static constexpr std::uint32_t kSlack = 1024;

    // Fails with OutOfMemory.
    static Result<KvCache> create(gpu::Context& context, const DecoderConfig& config,
                                  std::uint32_t capacity, CachePrecision precision);

    // Of a layer that owns a cache.
    const kernels::KvTensors& layer(std::uint32_t layer) const { return m_layers[layer]; }

    std::uint64_t bytes() const noexcept { return m_bytes; }

    // Positions [0, end) are about to be written, or were.
    void noteWritten(std::uint32_t end) noexcept;

    // Whether a query at `position` still finds every key it may see: none was overwritten by a
    // later position since.
    bool holdsWindowOf(std::uint32_t position) const noexcept;

    // All is to be written anew.
    void reset() noexcept { m_highest = 0; }

    // Bytes for `capacity` tokens.
    static std::uint64_t bytesFor(const DecoderConfig& config, std::uint32_t capacity,
                                  CachePrecision precision) noexcept;

private:
    std::vector<std::unique_ptr<gpu::Arena>> m_arenas;
    std::vector<kernels::KvTensors> m_layers;
    std::uint64_t m_bytes = 0;
    std::uint32_t m_window = 0;
    std::uint32_t m_ring = 0;     // of the sliding layers
    std::uint32_t m_highest = 0;  // one past the highest position written since reset()
};

}  // namespace engine::decoder
