#include "tests/support/stored_values.h"

#include "engine/base/half.h"
#include "engine/file/dequantize.h"

namespace tests {

using engine::file::TensorType;

std::vector<std::byte> storedValues(TensorType type, std::span<const float> values)
{
    std::vector<std::byte> bytes;
    if (type == TensorType::Q8_0) {
        bytes.resize(values.size() / 32 * 34);
        engine::file::quantizeQ8_0(values, bytes);
        return bytes;
    }
    const auto append = [&bytes](const auto& value) {
        const auto part = std::as_bytes(std::span(&value, 1));
        bytes.insert(bytes.end(), part.begin(), part.end());
    };
    for (const float value : values) {
        if (type == TensorType::F16)
            append(engine::floatToHalf(value));
        else if (type == TensorType::BF16)
            append(engine::floatToBfloat16(value));
        else
            append(value);
    }
    return bytes;
}

}  // namespace tests
