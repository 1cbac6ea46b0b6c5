#ifndef SHADERS_INCLUDE_WEIGHTS_GLSL
#define SHADERS_INCLUDE_WEIGHTS_GLSL

// Reads rows of weights as they lie on the device (engine/kernels/row_layout.h), by variant. A row is
// read in chunks of kChunk elements, of which each of kScales equal pieces has
//
//     weight = scale · quant + offset
//
// Chunks of blocks come in pairs, of which much is said in the same 16 bytes: kSides are in one.
//
//     loadShared(row, pair, shared)        what is said of all chunks of a pair
//     loadUnits(row, pair, side, units)    what is one chunk's alone
//     loadScales(pair, side, shared, scales, offsets)
//                                          kIsScaled says whether there are any at all
//     quantsOf(pair, side, shared, units, i)
//                                          four elements of the chunk as they are stored, from 4 · i on
//     loadQuants(pair, side, shared, units, quants, scales, offsets)
//                                          both, of the whole chunk
//     loadChunk(row, chunk, values)        the weights that it stands for
//
// The including shader defines WEIGHT_BINDING, the binding's number. With READ_TEXELS it is texels: a
// CPU driver loads 16 bytes of those for many lanes at a time, and buffers, or fewer bytes, lane by lane.

#if defined(READ_TEXELS)
layout(binding = WEIGHT_BINDING) uniform isamplerBuffer weights_;
uvec4 weightUnit(uint i) { return uvec4(texelFetch(weights_, int(i))); }
#else
layout(binding = WEIGHT_BINDING) readonly buffer Weights { uvec4 weights_[]; };
uvec4 weightUnit(uint i) { return weights_[i]; }
#endif
uint weightWord(uint i) { return weightUnit(i / 4)[i & 3u]; }

struct WeightRow {
    uint unit;    // 16 bytes each: where the row begins
    uint chunks;  // of the whole row, all of which may not be wanted
};

#if defined(VARIANT_F32)
const uint kChunk = 4;
const uint kSides = 1;
#elif defined(VARIANT_F16) || defined(VARIANT_BF16)
const uint kChunk = 8;
const uint kSides = 1;
#else
const uint kChunk = 32;
const uint kSides = 2;
#define WEIGHTS_ARE_BLOCKS
#endif

#if defined(VARIANT_Q8_0)
const uint kUnits = 2;  // of a chunk alone
#else
const uint kUnits = 1;
#endif

#if defined(VARIANT_Q6_K)
const uint kScales = 2;
const uint kShared = 3;  // of a pair
#elif defined(VARIANT_Q5_0) || defined(VARIANT_Q5_1) || defined(VARIANT_Q5_K)
const uint kScales = 1;
const uint kShared = 2;
#else
const uint kScales = 1;
const uint kShared = 1;
#endif

void loadUnits(WeightRow row, uint pair, uint side, out uvec4 units[kUnits])
{
    [[unroll]] for (uint i = 0; i < kUnits; ++i)
        units[i] = weightUnit(row.unit + (kSides * pair + side) * kUnits + i);
}

#if !defined(WEIGHTS_ARE_BLOCKS)

const bool kIsScaled = false;

void loadShared(WeightRow row, uint pair, out uvec4 shared_[kShared]) { shared_[0] = uvec4(0); }

vec2 unpackBfloat(uint pair)
{
    return vec2(uintBitsToFloat(pair << 16), uintBitsToFloat(pair & 0xFFFF0000u));
}

void loadScales(uint pair, uint side, uvec4 shared_[kShared], out float scales[kScales],
                out float offsets[kScales])
{
    scales[0] = 1.0;
    offsets[0] = 0.0;
}

vec4 quantsOf(uint pair, uint side, uvec4 shared_[kShared], uvec4 units[kUnits], uint i)
{
    const uvec4 words = units[0];
#if defined(VARIANT_F32)
    return uintBitsToFloat(words);
#elif defined(VARIANT_F16)
    return vec4(unpackHalf2x16(words[2 * i]), unpackHalf2x16(words[2 * i + 1]));
#else
    return vec4(unpackBfloat(words[2 * i]), unpackBfloat(words[2 * i + 1]));
#endif
}

#else

const bool kIsScaled = true;

void loadShared(WeightRow row, uint pair, out uvec4 shared_[kShared])
{
    const uint behind = row.unit + row.chunks * kUnits;  // what is all of chunks alone
#if defined(VARIANT_Q8_0) || defined(VARIANT_Q4_0) || defined(VARIANT_Q4_K)
    shared_[0] = weightUnit(behind + pair / 4);
#elif defined(VARIANT_Q4_1)
    shared_[0] = weightUnit(behind + pair / 2);
#elif defined(VARIANT_Q6_K)
    shared_[0] = weightUnit(behind + pair);
    shared_[1] = weightUnit(behind + row.chunks / 2 + pair / 4);
    shared_[2] = weightUnit(behind + row.chunks / 2 + row.chunks / 8 + pair / 32);
#else
    // Fifth bits do not fill their last 16 bytes where pairs are odd.
    const uint word = 4 * behind + row.chunks;
    shared_[0] = weightUnit(behind + pair / 2);
#if defined(VARIANT_Q5_K)
    shared_[1] = weightUnit(word / 4 + pair / 4);
#elif defined(VARIANT_Q5_0)
    shared_[1].x = weightWord(word + pair);
#else
    shared_[1].x = weightWord(word + 2 * pair);
    shared_[1].y = weightWord(word + 2 * pair + 1);
#endif
#endif
}

// Signed numbers become floats in one step everywhere, unsigned ones do not.
vec4 floats(uvec4 small) { return vec4(ivec4(small)); }

// Bits that lie one to a byte, from `shift` on, each as `mask` has them.
vec4 perByte(uint word, uint shift, uint mask)
{
    return floats((uvec4(word) >> (uvec4(0, 8, 16, 24) + shift)) & mask);
}

float halfOf(uint word, uint side) { return unpackHalf2x16(word >> (16 * side)).x; }

#if defined(VARIANT_Q4_K) || defined(VARIANT_Q5_K)
// Scale and minimum of chunk j of a block: six bits each, packed in twelve bytes (spec 01 §4.5).
vec2 scaleAndMinimum(uvec4 header, uint j)
{
    const uint shift = 8 * (j & 3u);
    const uint low = header.y >> shift;
    const uint middle = header.z >> shift;
    const uint high = header.w >> shift;
    const bool isFirst = j < 4;
    const uint scale = isFirst ? low & 63u : (high & 15u) | ((low >> 2) & 48u);
    const uint minimum = isFirst ? middle & 63u : ((high >> 4) & 15u) | ((middle >> 2) & 48u);
    return unpackHalf2x16(header.x) * vec2(ivec2(scale, minimum));
}
#endif

void loadScales(uint pair, uint side, uvec4 shared_[kShared], out float scales[kScales],
                out float offsets[kScales])
{
#if defined(VARIANT_Q8_0)
    scales[0] = halfOf(shared_[0][pair & 3u], side);
    offsets[0] = 0.0;
#elif defined(VARIANT_Q4_0)
    scales[0] = halfOf(shared_[0][pair & 3u], side);
    offsets[0] = -8.0 * scales[0];
#elif defined(VARIANT_Q5_0)
    scales[0] = halfOf(shared_[1].x, side);
    offsets[0] = -16.0 * scales[0];
#elif defined(VARIANT_Q4_1)
    const vec2 dm = unpackHalf2x16(shared_[0][2 * (pair & 1u) + side]);
    scales[0] = dm.x;
    offsets[0] = dm.y;
#elif defined(VARIANT_Q5_1)
    const vec2 dm = unpackHalf2x16(side == 0 ? shared_[1].x : shared_[1].y);
    scales[0] = dm.x;
    offsets[0] = dm.y;
#elif defined(VARIANT_Q4_K) || defined(VARIANT_Q5_K)
    const vec2 sm = scaleAndMinimum(shared_[kShared - 1], (2 * pair + side) & 7u);
    scales[0] = sm.x;
    offsets[0] = -sm.y;
#elif defined(VARIANT_Q6_K)
    const int four = int(shared_[1][pair & 3u] >> (16 * side));
    const ivec2 pieces = (ivec2(four) << ivec2(24, 16)) >> 24;
    const uint block = pair / 4;
    const vec2 both = halfOf(shared_[2][block / 2 & 3u], block & 1u) * vec2(pieces);
    scales[0] = both.x;
    scales[1] = both.y;
    offsets[0] = -32.0 * both.x;
    offsets[1] = -32.0 * both.y;
#endif
}

vec4 quantsOf(uint pair, uint side, uvec4 shared_[kShared], uvec4 units[kUnits], uint i)
{
#if defined(VARIANT_Q8_0)
    return vec4((ivec4(units[i / 4][i & 3u]) << ivec4(24, 16, 8, 0)) >> 24);
#else
    const vec4 low = perByte(units[0][i & 3u], i < 4 ? 0 : 4, 15);
#if defined(VARIANT_Q5_0) || defined(VARIANT_Q5_1) || defined(VARIANT_Q5_K)
    const uint two = 2 * (pair & 1u);
    const uint fifth = side == 0 ? shared_[0][two] : shared_[0][two + 1];
    return low + 16.0 * floats((uvec4(fifth) >> (uvec4(0, 1, 2, 3) + 4 * i)) & 1);
#elif defined(VARIANT_Q6_K)
    const uvec2 high = side == 0 ? shared_[0].xy : shared_[0].zw;
    return low + 16.0 * perByte(high[i / 4], 2 * (i & 3u), 3);
#else
    return low;
#endif
#endif
}

#endif

void loadQuants(uint pair, uint side, uvec4 shared_[kShared], uvec4 units[kUnits],
                out vec4 quants[kChunk / 4], out float scales[kScales], out float offsets[kScales])
{
    [[unroll]] for (uint i = 0; i < kChunk / 4; ++i)
        quants[i] = quantsOf(pair, side, shared_, units, i);
    loadScales(pair, side, shared_, scales, offsets);
}

void loadChunk(WeightRow row, uint chunk, out vec4 values[kChunk / 4])
{
    const uint pair = chunk / kSides;
    const uint side = chunk % kSides;
    uvec4 shared_[kShared];
    uvec4 units[kUnits];
    float scales[kScales];
    float offsets[kScales];
    loadShared(row, pair, shared_);
    loadUnits(row, pair, side, units);
    loadQuants(pair, side, shared_, units, values, scales, offsets);
    if (!kIsScaled)
        return;
    [[unroll]] for (uint i = 0; i < kChunk / 4; ++i) {
        const uint piece = i * kScales / (kChunk / 4);
        values[i] = scales[piece] * values[i] + offsets[piece];
    }
}

#endif
