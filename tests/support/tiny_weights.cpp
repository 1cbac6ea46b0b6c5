#include "tests/support/tiny_weights.h"

#include <cmath>
#include <cstring>
#include <span>

#include "engine/base/half.h"
#include "engine/file/dequantize.h"

namespace tests {

namespace {

using engine::file::TensorType;

// splitmix64, started from the name and the seed.
class Random {
public:
    Random(const std::string& name, std::uint64_t seed) : m_state(0xCBF29CE484222325U ^ seed)
    {
        for (const char c : name)
            m_state = (m_state ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }

    std::uint64_t bits()
    {
        m_state += 0x9E3779B97F4A7C15U;
        std::uint64_t h = (m_state ^ (m_state >> 30)) * 0xBF58476D1CE4E5B9U;
        h = (h ^ (h >> 27)) * 0x94D049BB133111EBU;
        return h ^ (h >> 31);
    }

    // In [-1, 1).
    float symmetric() { return static_cast<float>(bits() >> 40) * 0x1p-23F - 1.0F; }

private:
    std::uint64_t m_state;
};

// Where a block keeps its scale, and its minimum or offset, if any, as a share of the scale that
// centres the values.
struct BlockScales {
    std::size_t scale = 0;
    std::size_t minimum = 0;  // 0: none
    float minimumShare = 0.0F;
};

BlockScales scalesOf(TensorType type)
{
    switch (type) {
    case TensorType::Q4_1:
        return {0, 2, -7.5F};
    case TensorType::Q5_1:
        return {0, 2, -15.5F};
    case TensorType::Q2_K:
        return {80, 82, 1.5F};
    case TensorType::Q3_K:
        return {108};
    case TensorType::Q4_K:
        return {0, 2, 7.5F};
    case TensorType::Q5_K:
        return {0, 2, 15.5F};
    case TensorType::Q6_K:
        return {208};
    default:
        return {};
    }
}

void store(std::span<std::byte> block, std::size_t at, float value)
{
    const std::uint16_t half = engine::floatToHalf(value);
    std::memcpy(block.data() + at, &half, sizeof half);
}

void storeScales(std::span<std::byte> block, const BlockScales& places, float scale)
{
    store(block, places.scale, scale);
    if (places.minimum != 0)
        store(block, places.minimum, scale * places.minimumShare);
}

std::vector<std::byte> randomBlocks(Random& random, TensorType type, std::size_t count,
                                    const Spread& spread)
{
    const auto& info = engine::file::typeInfo(type);
    const BlockScales places = scalesOf(type);
    std::vector<std::byte> bytes(count / info.blockElements * info.blockBytes);
    std::vector<float> values(info.blockElements);
    for (std::size_t at = 0; at < bytes.size(); at += info.blockBytes) {
        const auto block = std::span(bytes).subspan(at, info.blockBytes);
        for (std::byte& byte : block)
            byte = static_cast<std::byte>(random.bits() >> 56);

        // With a scale of one, then with the one that gives the root mean square of `spread`.
        storeScales(block, places, 1.0F);
        engine::file::dequantize(type, block, values);
        double squares = 0.0;
        for (const float value : values)
            squares += static_cast<double>(value) * static_cast<double>(value);
        const double rms = std::sqrt(squares / static_cast<double>(values.size()));
        const double wanted = static_cast<double>(spread.scale) / std::sqrt(3.0);
        storeScales(block, places, static_cast<float>(wanted / rms));
    }
    return bytes;
}

}  // namespace

std::vector<float> randomValues(const std::string& name, std::uint64_t seed, std::size_t count,
                                const Spread& spread)
{
    Random random(name, seed);
    std::vector<float> values(count);
    for (float& value : values) {
        value = spread.offset + spread.scale * random.symmetric();
        if (spread.offset != 0.0F)
            value = std::round(value * 256.0F) / 256.0F;
    }
    return values;
}

std::vector<std::byte> randomTensor(const std::string& name, std::uint64_t seed, TensorType type,
                                    std::size_t count, const Spread& spread)
{
    Random random(name, seed);
    if (engine::file::typeInfo(type).blockElements != 1)
        return randomBlocks(random, type, count, spread);

    const std::vector<float> values = randomValues(name, seed, count, spread);
    std::vector<std::byte> bytes(count * engine::file::typeInfo(type).blockBytes);
    for (std::size_t i = 0; i < count; ++i) {
        if (type == TensorType::F32) {
            std::memcpy(bytes.data() + 4 * i, &values[i], 4);
        } else {
            const std::uint16_t half = type == TensorType::F16 ? engine::floatToHalf(values[i])
                                                               : engine::floatToBfloat16(values[i]);
            std::memcpy(bytes.data() + 2 * i, &half, 2);
        }
    }
    return bytes;
}

}  // namespace tests
