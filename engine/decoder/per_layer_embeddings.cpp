#include "engine/decoder/per_layer_embeddings.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/file/dequantize.h"

namespace engine::decoder {

PerLayerEmbeddings::PerLayerEmbeddings(MatrixSource table, std::uint32_t textVocabulary)
    : m_table(std::move(table))
    , m_textVocabulary(std::min(textVocabulary, m_table.rows))
{
}

void PerLayerEmbeddings::gather(std::span<const TokenId> ids, std::uint32_t stride,
                                std::span<float> rows) const
{
    ENGINE_CHECK(stride >= columns() && rows.size() >= ids.size() * stride);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::uint64_t row = ids[i] < m_textVocabulary ? ids[i] : 0;
        file::dequantize(m_table.type,
                         m_table.bytes.subspan(row * m_table.rowBytes, m_table.rowBytes),
                         rows.subspan(i * stride, columns()));
    }
}

}  // namespace engine::decoder
