#ifndef SHADERS_INCLUDE_WEIGHTS_GLSL
#define SHADERS_INCLUDE_WEIGHTS_GLSL

// Reads rows of weights as they are stored, by variant:
//
//     kChunk                                elements that loadChunk() decodes: a piece of a row
//     loadChunk(rowWord, chunk, values)     piece `chunk` of the row that begins at word `rowWord`,
//                                           or at half-word `rowHalf` for 2-byte-aligned blocks
//
// Rows of float types begin at multiples of 16 bytes and are padded with zeros; rows of blocks lie
// as in the file (spec 01 §4.5). The including shader defines WEIGHT(i), the i-th 32-bit word, and
// may define WEIGHT4(i), the four words from i on, a multiple of 4. Offsets of rows are given in
// half-words, so that every block size fits.

#if !defined(WEIGHT4)
#define WEIGHT4(i) uvec4(WEIGHT(i), WEIGHT((i) + 1), WEIGHT((i) + 2), WEIGHT((i) + 3))
#endif

#if defined(VARIANT_F32)

const uint kChunk = 4;
void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    values[0] = uintBitsToFloat(WEIGHT4(rowHalf / 2 + chunk * 4));
}

#elif defined(VARIANT_F16)

const uint kChunk = 8;
void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uvec4 words = WEIGHT4(rowHalf / 2 + chunk * 4);
    values[0] = vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y));
    values[1] = vec4(unpackHalf2x16(words.z), unpackHalf2x16(words.w));
}

#elif defined(VARIANT_BF16)

const uint kChunk = 8;
vec2 unpackBfloat(uint pair)
{
    return vec2(uintBitsToFloat(pair << 16), uintBitsToFloat(pair & 0xFFFF0000u));
}
void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uvec4 words = WEIGHT4(rowHalf / 2 + chunk * 4);
    values[0] = vec4(unpackBfloat(words.x), unpackBfloat(words.y));
    values[1] = vec4(unpackBfloat(words.z), unpackBfloat(words.w));
}

#else

const uint kChunk = 32;

uint loadHalf(uint half_)
{
    const uint word = WEIGHT(half_ / 2);
    return (half_ & 1u) == 0 ? word & 0xFFFFu : word >> 16;
}

float halfToFloat(uint bits) { return unpackHalf2x16(bits).x; }

// `count` words that begin at any half-word. A word more is read than is needed where they begin at
// a whole one; what is bound has a tail for that.
#define LOAD_WORDS(target, half_, count)                                                           \
    {                                                                                              \
        const uint first_ = (half_) / 2;                                                           \
        const bool isOdd_ = ((half_)&1u) != 0;                                                     \
        uint low_ = WEIGHT(first_);                                                                \
        [[unroll]] for (uint i_ = 0; i_ < (count); ++i_) {                                         \
            const uint high_ = WEIGHT(first_ + i_ + 1);                                            \
            target[i_] = isOdd_ ? (low_ >> 16) | (high_ << 16) : low_;                             \
            low_ = high_;                                                                          \
        }                                                                                          \
    }

vec4 nibbles(uint word, uint shift)
{
    const uint bits = word >> shift;
    return vec4(bits & 15u, (bits >> 8) & 15u, (bits >> 16) & 15u, (bits >> 24) & 15u);
}

// Four bits, from `bit` on, each as 0 or 1.
vec4 fourBits(uint bits, uint bit)
{
    const uint four = bits >> bit;
    return vec4(four & 1u, (four >> 1) & 1u, (four >> 2) & 1u, (four >> 3) & 1u);
}

#if defined(VARIANT_Q8_0)

void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uint block = rowHalf + chunk * 17;
    const float d = halfToFloat(loadHalf(block));
    uint quants[8];
    LOAD_WORDS(quants, block + 1, 8)
    [[unroll]] for (uint i = 0; i < 8; ++i) {
        const int q = int(quants[i]);
        values[i] = d * vec4(bitfieldExtract(q, 0, 8), bitfieldExtract(q, 8, 8),
                             bitfieldExtract(q, 16, 8), bitfieldExtract(q, 24, 8));
    }
}

#elif defined(VARIANT_Q4_0)

void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uint block = rowHalf + chunk * 9;
    const float d = halfToFloat(loadHalf(block));
    uint quants[4];
    LOAD_WORDS(quants, block + 1, 4)
    [[unroll]] for (uint i = 0; i < 4; ++i) {
        values[i] = d * (nibbles(quants[i], 0) - 8.0);
        values[i + 4] = d * (nibbles(quants[i], 4) - 8.0);
    }
}

#elif defined(VARIANT_Q4_1)

void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uint block = (rowHalf + chunk * 10) / 2;
    const vec2 dm = unpackHalf2x16(WEIGHT(block));
    [[unroll]] for (uint i = 0; i < 4; ++i) {
        const uint word = WEIGHT(block + 1 + i);
        values[i] = dm.x * nibbles(word, 0) + dm.y;
        values[i + 4] = dm.x * nibbles(word, 4) + dm.y;
    }
}

#elif defined(VARIANT_Q5_0)

void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uint block = rowHalf + chunk * 11;
    const float d = halfToFloat(loadHalf(block));
    uint words[5];
    LOAD_WORDS(words, block + 1, 5)
    [[unroll]] for (uint i = 0; i < 4; ++i) {
        values[i] = d * (nibbles(words[i + 1], 0) + 16.0 * fourBits(words[0], 4 * i) - 16.0);
        values[i + 4] =
            d * (nibbles(words[i + 1], 4) + 16.0 * fourBits(words[0], 16 + 4 * i) - 16.0);
    }
}

#elif defined(VARIANT_Q5_1)

void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uint block = (rowHalf + chunk * 12) / 2;
    const vec2 dm = unpackHalf2x16(WEIGHT(block));
    const uint high = WEIGHT(block + 1);
    [[unroll]] for (uint i = 0; i < 4; ++i) {
        const uint word = WEIGHT(block + 2 + i);
        values[i] = dm.x * (nibbles(word, 0) + 16.0 * fourBits(high, 4 * i)) + dm.y;
        values[i + 4] = dm.x * (nibbles(word, 4) + 16.0 * fourBits(high, 16 + 4 * i)) + dm.y;
    }
}

#elif defined(VARIANT_Q4_K) || defined(VARIANT_Q5_K)

uint blockByte(uint firstWord, uint byte_)
{
    return (WEIGHT(firstWord + byte_ / 4) >> (8 * (byte_ & 3u))) & 0xFFu;
}

// Scale and minimum of 32 weights: six bits each, packed in twelve bytes.
vec2 scaleAndMinimum(uint scaleWord, uint j)
{
    uint scale;
    uint minimum;
    if (j < 4) {
        scale = blockByte(scaleWord, j) & 63u;
        minimum = blockByte(scaleWord, j + 4) & 63u;
    } else {
        const uint both = blockByte(scaleWord, j + 4);
        scale = (both & 15u) | ((blockByte(scaleWord, j - 4) >> 6) << 4);
        minimum = (both >> 4) | ((blockByte(scaleWord, j) >> 6) << 4);
    }
    return vec2(scale, minimum);
}

void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uint j = chunk & 7u;
#if defined(VARIANT_Q4_K)
    const uint block = rowHalf / 2 + (chunk >> 3) * 36;
    const uint quants = block + 4 + 8 * (j >> 1);
#else
    const uint block = rowHalf / 2 + (chunk >> 3) * 44;
    const uint quants = block + 12 + 8 * (j >> 1);
#endif
    const vec2 sm = unpackHalf2x16(WEIGHT(block)) * scaleAndMinimum(block + 1, j);
    [[unroll]] for (uint i = 0; i < 8; ++i) {
        vec4 q = nibbles(WEIGHT(quants + i), 4 * (j & 1u));
#if defined(VARIANT_Q5_K)
        const uint high = WEIGHT(block + 4 + i) >> j;
        q += 16.0 * vec4(high & 1u, (high >> 8) & 1u, (high >> 16) & 1u, (high >> 24) & 1u);
#endif
        values[i] = sm.x * q - sm.y;
    }
}

#elif defined(VARIANT_Q6_K)

void loadChunk(uint rowHalf, uint chunk, out vec4 values[kChunk / 4])
{
    const uint block = rowHalf + (chunk >> 3) * 105;
    const uint part = (chunk >> 2) & 1u;     // which half of the 256
    const uint quarter = chunk & 3u;         // which 32 of those 128
    uint low[8];
    uint high[8];
    LOAD_WORDS(low, block + part * 32 + (quarter & 1u) * 16, 8)
    LOAD_WORDS(high, block + 64 + part * 16, 8)
    const int scales = int(loadHalf(block + 96 + part * 4 + quarter));
    const float d = halfToFloat(loadHalf(block + 104));
    const vec2 scale = d * vec2(bitfieldExtract(scales, 0, 8), bitfieldExtract(scales, 8, 8));
    [[unroll]] for (uint i = 0; i < 8; ++i) {
        const uint top = high[i] >> (2 * quarter);
        const vec4 q = nibbles(low[i], 4 * (quarter >> 1)) +
                       16.0 * vec4(top & 3u, (top >> 8) & 3u, (top >> 16) & 3u, (top >> 24) & 3u);
        values[i] = (i < 4 ? scale.x : scale.y) * (q - 32.0);
    }
}

#endif
#endif

#endif
