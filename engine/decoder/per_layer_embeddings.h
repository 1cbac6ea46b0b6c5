#pragma once

#include <cstdint>
#include <span>

#include "engine/decoder/slice.h"
#include "engine/decoder/tensor_plan.h"
#include "engine/message.h"

namespace engine::decoder {

// The per-layer embedding table of Gemma 3n, which stays in the file: 1 to 5 GB of which one row is
// read for each token (spec 01 §8.2). The mapping behind the source must outlive this.
class PerLayerEmbeddings {
public:
    // `textVocabulary`: ids from there on read row 0, as every soft token does. `width`: elements
    // for each layer.
    PerLayerEmbeddings(MatrixSource table, std::uint32_t textVocabulary, std::uint32_t width);

    // Decodes the slabs of `layers` of the rows of `ids` to float32, each row to the first
    // columns() elements of the next `stride` of `rows`. Slabs that share a block with them may be
    // written too.
    void gather(std::span<const TokenId> ids, std::span<const LayerRun> layers,
                std::uint32_t stride, std::span<float> rows) const;

    std::uint32_t columns() const noexcept { return m_table.columns; }

private:
    MatrixSource m_table;
    std::uint32_t m_textVocabulary;
    std::uint32_t m_width;
};

}  // namespace engine::decoder
