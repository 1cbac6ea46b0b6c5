#include "engine/file/dequantize.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/base/check.h"
#include "engine/base/half.h"

// Products are taken in the order of ggml's reference code, so that values agree to the last bit.
// The build must not contract them into fused multiply-adds: x86-64 without -march does not.

namespace engine::file {

namespace {

using Bytes = const std::uint8_t*;

float halfAt(Bytes bytes)
{
    return halfToFloat(static_cast<std::uint16_t>(bytes[0] | (bytes[1] << 8)));
}

int signedAt(Bytes bytes)
{
    return static_cast<std::int8_t>(*bytes);
}

float product(float scale, int value)
{
    return scale * static_cast<float>(value);
}

void decodeF32(Bytes block, float* y)
{
    const std::uint32_t low = block[0] | (static_cast<std::uint32_t>(block[1]) << 8);
    const std::uint32_t high = block[2] | (static_cast<std::uint32_t>(block[3]) << 8);
    *y = std::bit_cast<float>(low | (high << 16));
}

void decodeF16(Bytes block, float* y)
{
    *y = halfAt(block);
}

void decodeBF16(Bytes block, float* y)
{
    *y = bfloat16ToFloat(static_cast<std::uint16_t>(block[0] | (block[1] << 8)));
}

void decodeQ40(Bytes block, float* y)
{
    const float d = halfAt(block);
    const Bytes qs = block + 2;
    for (int l = 0; l < 16; ++l) {
        y[l] = product(d, (qs[l] & 15) - 8);
        y[l + 16] = product(d, (qs[l] >> 4) - 8);
    }
}

void decodeQ41(Bytes block, float* y)
{
    const float d = halfAt(block);
    const float m = halfAt(block + 2);
    const Bytes qs = block + 4;
    for (int l = 0; l < 16; ++l) {
        y[l] = product(d, qs[l] & 15) + m;
        y[l + 16] = product(d, qs[l] >> 4) + m;
    }
}

// The fifth bits of 32 values, value l in bit l.
struct HighBits {
    std::uint32_t bits;

    explicit HighBits(Bytes qh)
        : bits(qh[0] | (static_cast<std::uint32_t>(qh[1]) << 8) |
               (static_cast<std::uint32_t>(qh[2]) << 16) |
               (static_cast<std::uint32_t>(qh[3]) << 24))
    {
    }

    int sixteenAt(int l) const { return static_cast<int>((bits >> l) & 1U) << 4; }
};

void decodeQ50(Bytes block, float* y)
{
    const float d = halfAt(block);
    const HighBits high(block + 2);
    const Bytes qs = block + 6;
    for (int l = 0; l < 16; ++l) {
        y[l] = product(d, ((qs[l] & 15) | high.sixteenAt(l)) - 16);
        y[l + 16] = product(d, ((qs[l] >> 4) | high.sixteenAt(l + 16)) - 16);
    }
}

void decodeQ51(Bytes block, float* y)
{
    const float d = halfAt(block);
    const float m = halfAt(block + 2);
    const HighBits high(block + 4);
    const Bytes qs = block + 8;
    for (int l = 0; l < 16; ++l) {
        y[l] = product(d, (qs[l] & 15) | high.sixteenAt(l)) + m;
        y[l + 16] = product(d, (qs[l] >> 4) | high.sixteenAt(l + 16)) + m;
    }
}

void decodeQ80(Bytes block, float* y)
{
    const float d = halfAt(block);
    for (int l = 0; l < 32; ++l)
        y[l] = product(d, signedAt(block + 2 + l));
}

// scales[16] (low nibble scale, high nibble minimum, one byte per 16 values), qs[64], d, dmin. A
// half of 128 values takes 32 bytes of qs: bits 2j, 2j + 1 of byte l hold value 32j + l.
void decodeQ2K(Bytes block, float* y)
{
    const Bytes scales = block;
    const Bytes qs = block + 16;
    const float d = halfAt(block + 80);
    const float dmin = halfAt(block + 82);
    for (int i = 0; i < 256; ++i) {
        const int half = i / 128;
        const int shift = 2 * (i % 128 / 32);
        const int scale = scales[i / 16];
        const int q = (qs[32 * half + i % 32] >> shift) & 3;
        y[i] = product(product(d, scale & 15), q) - product(dmin, scale >> 4);
    }
}

// hmask[32], qs[64] (as in Q2_K), scales[12], d. The third bit of value i is bit i / 32 of hmask
// byte i % 32, and means "do not subtract 4". Sixteen 6-bit scales, biased by 32: the low nibbles
// of scales 0–7 and 8–15 lie in the nibbles of bytes 0–7, the high pairs of bits in bytes 8–11.
void decodeQ3K(Bytes block, float* y)
{
    const Bytes hmask = block;
    const Bytes qs = block + 32;
    const Bytes scales = block + 96;
    const float d = halfAt(block + 108);
    for (int i = 0; i < 256; ++i) {
        const int j = i / 16;
        const int low = (scales[j % 8] >> (4 * (j / 8))) & 15;
        const int high = (scales[8 + j % 4] >> (2 * (j / 4))) & 3;
        const float scale = product(d, (low | (high << 4)) - 32);
        const int shift = 2 * (i % 128 / 32);
        const int q = (qs[32 * (i / 128) + i % 32] >> shift) & 3;
        const int offset = ((hmask[i % 32] >> (i / 32)) & 1) != 0 ? 0 : 4;
        y[i] = product(scale, q - offset);
    }
}

// The 6-bit scale and minimum of sub-block j of 32 values, in Q4_K and Q5_K.
struct ScaleAndMinimum {
    int scale;
    int minimum;

    ScaleAndMinimum(Bytes s, int j)
        : scale(j < 4 ? s[j] & 63 : (s[j + 4] & 15) | ((s[j - 4] >> 6) << 4))
        , minimum(j < 4 ? s[j + 4] & 63 : (s[j + 4] >> 4) | ((s[j] >> 6) << 4))
    {
    }
};

void decodeQ4K(Bytes block, float* y)
{
    const float d = halfAt(block);
    const float dmin = halfAt(block + 2);
    const Bytes qs = block + 16;
    for (int j = 0; j < 8; ++j) {
        const ScaleAndMinimum packed(block + 4, j);
        const float scale = product(d, packed.scale);
        const float minimum = product(dmin, packed.minimum);
        for (int l = 0; l < 32; ++l) {
            const int q = (qs[32 * (j / 2) + l] >> (4 * (j % 2))) & 15;
            y[32 * j + l] = product(scale, q) - minimum;
        }
    }
}

void decodeQ5K(Bytes block, float* y)
{
    const float d = halfAt(block);
    const float dmin = halfAt(block + 2);
    const Bytes qh = block + 16;
    const Bytes qs = block + 48;
    for (int j = 0; j < 8; ++j) {
        const ScaleAndMinimum packed(block + 4, j);
        const float scale = product(d, packed.scale);
        const float minimum = product(dmin, packed.minimum);
        for (int l = 0; l < 32; ++l) {
            const int low = (qs[32 * (j / 2) + l] >> (4 * (j % 2))) & 15;
            const int q = low + ((qh[l] >> j) & 1) * 16;
            y[32 * j + l] = product(scale, q) - minimum;
        }
    }
}

void decodeQ6K(Bytes block, float* y)
{
    const float d = halfAt(block + 208);
    for (int half = 0; half < 2; ++half) {
        const Bytes ql = block + 64 * half;
        const Bytes qh = block + 128 + 32 * half;
        const Bytes scales = block + 192 + 8 * half;
        for (int i = 0; i < 128; ++i) {
            const int quarter = i / 32;  // of the half
            const int l = i % 32;
            const int low = (ql[l + 32 * (quarter % 2)] >> (4 * (quarter / 2))) & 15;
            const int high = (qh[l] >> (2 * quarter)) & 3;
            const float scale = product(d, signedAt(scales + i / 16));
            y[128 * half + i] = product(scale, (low | (high << 4)) - 32);
        }
    }
}

// The 16 values that a nibble of IQ4_NL and IQ4_XS stands for.
constexpr std::array<int, 16> kNonLinear{-127, -104, -83, -65, -49, -35, -22, -10,
                                         1,    13,   25,  38,  53,  69,  89,  113};

void decodeIQ4NL(Bytes block, float* y)
{
    const float d = halfAt(block);
    const Bytes qs = block + 2;
    for (std::size_t l = 0; l < 16; ++l) {
        y[l] = product(d, kNonLinear[qs[l] & 15U]);
        y[l + 16] = product(d, kNonLinear[static_cast<std::size_t>(qs[l] >> 4)]);
    }
}

// d, scales_h (u16), scales_l[4], qs[128]. Sub-block j of 32 values has a 6-bit scale, biased by
// 32: low nibbles in scales_l, the two high bits in scales_h.
void decodeIQ4XS(Bytes block, float* y)
{
    const float d = halfAt(block);
    const int scalesHigh = block[2] | (block[3] << 8);
    const Bytes scalesLow = block + 4;
    const Bytes qs = block + 8;
    for (int j = 0; j < 8; ++j) {
        const int low = (scalesLow[j / 2] >> (4 * (j % 2))) & 15;
        const int high = (scalesHigh >> (2 * j)) & 3;
        const float scale = product(d, (low | (high << 4)) - 32);
        for (int l = 0; l < 16; ++l) {
            const unsigned q = qs[16 * j + l];
            y[32 * j + l] = product(scale, kNonLinear[q & 15U]);
            y[32 * j + l + 16] = product(scale, kNonLinear[q >> 4]);
        }
    }
}

using Decoder = void (*)(Bytes block, float* values);

Decoder decoderOf(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return decodeF32;
    case TensorType::F16:
        return decodeF16;
    case TensorType::BF16:
        return decodeBF16;
    case TensorType::Q4_0:
        return decodeQ40;
    case TensorType::Q4_1:
        return decodeQ41;
    case TensorType::Q5_0:
        return decodeQ50;
    case TensorType::Q5_1:
        return decodeQ51;
    case TensorType::Q8_0:
        return decodeQ80;
    case TensorType::Q2_K:
        return decodeQ2K;
    case TensorType::Q3_K:
        return decodeQ3K;
    case TensorType::Q4_K:
        return decodeQ4K;
    case TensorType::Q5_K:
        return decodeQ5K;
    case TensorType::Q6_K:
        return decodeQ6K;
    case TensorType::IQ4_NL:
        return decodeIQ4NL;
    case TensorType::IQ4_XS:
        return decodeIQ4XS;
    }
    return nullptr;
}

}  // namespace

void dequantize(TensorType type, std::span<const std::byte> blocks, std::span<float> values)
{
    const TensorTypeInfo& info = typeInfo(type);
    ENGINE_CHECK(blocks.size() % info.blockBytes == 0);
    const std::size_t count = blocks.size() / info.blockBytes;
    ENGINE_CHECK(values.size() == count * info.blockElements);

    const Decoder decode = decoderOf(type);
    // Reading bytes as bytes is the one aliasing that C++ allows.
    auto block = reinterpret_cast<Bytes>(blocks.data());
    float* y = values.data();
    for (std::size_t i = 0; i < count; ++i) {
        decode(block, y);
        block += info.blockBytes;
        y += info.blockElements;
    }
}

void quantizeQ8_0(std::span<const float> values, std::span<std::byte> blocks)
{
    constexpr std::size_t kElements = 32;
    constexpr std::size_t kBytes = 34;
    ENGINE_CHECK(values.size() % kElements == 0);
    ENGINE_CHECK(blocks.size() == values.size() / kElements * kBytes);

    for (std::size_t i = 0; i < values.size() / kElements; ++i) {
        const auto x = values.subspan(i * kElements, kElements);
        const auto block = blocks.subspan(i * kBytes, kBytes);
        float largest = 0.0F;
        bool finite = true;
        for (const float value : x) {
            largest = std::max(largest, std::abs(value));
            finite = finite && std::isfinite(value);
        }

        // What is not a number stays not a number, so that a check of the result finds it. A scale
        // too small for its inverse is zero as a half: so are the values.
        const float d = finite ? largest / 127.0F : std::numeric_limits<float>::quiet_NaN();
        const float inverse = finite && std::isfinite(1.0F / d) ? 1.0F / d : 0.0F;
        const std::uint16_t half = floatToHalf(d);
        block[0] = static_cast<std::byte>(half & 0xFFU);
        block[1] = static_cast<std::byte>(half >> 8);
        for (std::size_t l = 0; l < kElements; ++l) {
            const float q = inverse > 0.0F ? std::round(x[l] * inverse) : 0.0F;
            block[2 + l] = static_cast<std::byte>(static_cast<std::int8_t>(q));
        }
    }
}

}  // namespace engine::file
