#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/decoder/slice.h"
#include "engine/decoder/tensor_plan.h"
#include "engine/result.h"
#include "engine/size.h"

namespace engine::decoder {

// What a slice is made of; counted as SizeInfo says.
struct SliceCosts {
    std::uint64_t parameters = 0;
    std::uint64_t deviceBytes = 0;
    std::uint64_t bytesPerToken = 0;
};

// Knows what may be cut off the weights of a file, and what is left then. Keeps numbers only.
class Slicer {
public:
    Slicer(const DecoderConfig& config, const DecoderSources& sources);

    // The slice that is meant. Fails with InvalidInput, in a sentence: widths that the file does
    // not have or its blocks do not allow, no layer left, or one left out that others need.
    Result<Slice> slice(const ModelSize& size) const;

    // The other way round; it has no name.
    static ModelSize sizeOf(const Slice& slice);

    SliceCosts costs(const Slice& slice) const;

    std::uint32_t layers() const noexcept { return static_cast<std::uint32_t>(m_layers.size()); }

private:
    // Everything of a layer but its FFN matrices, and what one more of its neurons takes.
    struct Layer {
        SliceCosts fixed;
        std::uint64_t gateAndUpBytes = 0;  // a row of each
        std::uint64_t downRowBytes = 0;
        std::uint64_t downColumnsBytes = 0;  // of all neurons; 0 where the layer is not sparse
        std::uint32_t ffnWidth = 0;
        std::uint32_t kvLayer = 0;
        // Widths are multiples of it, so that no block of down_proj is cut; or the whole.
        std::uint32_t step = 1;
        std::string type;  // of down_proj
    };

    Result<void> checkWidth(std::uint32_t index, std::uint32_t width) const;
    Result<void> checkKeys(const Slice& slice) const;

    std::uint32_t m_hidden = 0;
    SliceCosts m_fixed;  // outside of layers
    std::vector<Layer> m_layers;
};

}  // namespace engine::decoder
