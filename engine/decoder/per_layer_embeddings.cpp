#include "engine/decoder/per_layer_embeddings.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/file/dequantize.h"

namespace engine::decoder {

PerLayerEmbeddings::PerLayerEmbeddings(MatrixSource table, std::uint32_t textVocabulary,
                                       std::uint32_t width)
    : m_table(std::move(table))
    , m_textVocabulary(std::min(textVocabulary, m_table.rows))
    , m_width(width)
{
}

void PerLayerEmbeddings::gather(std::span<const TokenId> ids, std::span<const LayerRun> layers,
                                std::uint32_t stride, std::span<float> rows) const
{
    ENGINE_CHECK(stride >= columns() && rows.size() >= ids.size() * stride);
    const file::TensorTypeInfo& type = file::typeInfo(m_table.type);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::uint64_t row = ids[i] < m_textVocabulary ? ids[i] : 0;
        const auto bytes = m_table.bytes.subspan(row * m_table.rowBytes, m_table.rowBytes);
        const auto values = rows.subspan(i * stride, columns());
        for (const LayerRun& run : layers) {
            // Whole blocks.
            const std::uint32_t first = run.first * m_width / type.blockElements;
            const std::uint32_t end =
                ((run.first + run.count) * m_width + type.blockElements - 1) / type.blockElements;
            file::dequantize(m_table.type,
                             bytes.subspan(std::size_t{first} * type.blockBytes,
                                           std::size_t{end - first} * type.blockBytes),
                             values.subspan(std::size_t{first} * type.blockElements,
                                            std::size_t{end - first} * type.blockElements));
        }
    }
}

}  // namespace engine::decoder
