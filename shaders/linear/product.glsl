#ifndef SHADERS_LINEAR_PRODUCT_GLSL
#define SHADERS_LINEAR_PRODUCT_GLSL

// The product of a tile of weight rows and of input rows, as linear.comp describes it. The including
// shader has kRows, kTokens, and the bindings' numbers as WEIGHT_BINDING and LINEAR_INPUT.

#include "shaders/include/weights.glsl"

#if defined(READ_TEXELS)
layout(binding = LINEAR_INPUT) uniform samplerBuffer x;
#define INPUT(i) texelFetch(x, int(i))
#else
layout(binding = LINEAR_INPUT) readonly buffer Input { vec4 x[]; };
#define INPUT(i) x[i]
#endif

const uint kSums = kRows * kTokens;
const uint kVectors = kChunk / 4;
const uint kVectorsPerScale = kVectors / kScales;
const uint kGroup = min(kVectors, 2);  // vectors that multiplyMatrix() takes at a time

// Where a weight and its input lie in what is bound; as in LinearParams.
struct Product {
    uint columns;
    uint rows;
    uint rowUnits;
    uint rowChunks;
    uint firstUnit;  // of weight row 0
    uint tokens;
    uint inputStride;
    uint inputFirst;
};

// Which row of the weight one of the tile is, where the including shader does not choose: rows behind the
// last are the last again.
#if !defined(STORED_ROW)
#define STORED_ROW(product, row) min(row, (product).rows - 1)
#endif

WeightRow weightRow(Product product, uint row)
{
    return WeightRow(product.firstUnit + STORED_ROW(product, row) * product.rowUnits,
                     product.rowChunks);
}

// What one chunk of columns adds to the sums of one token. What a scale belongs to is summed before it
// is scaled, and offsets are multiplied with sums of inputs, which all rows share.
void multiplyVector(Product product, uint firstRow, uint firstInput, uint pair, uint side, bool isInside,
                    uvec4 shared_[kRows][kShared], inout float sums[kSums])
{
    vec4 inputs[kVectors];
    float inputSums[kScales];
    [[unroll]] for (uint s = 0; s < kScales; ++s)
        inputSums[s] = 0.0;
    [[unroll]] for (uint i = 0; i < kVectors; ++i) {
        inputs[i] = INPUT(firstInput + i);
        if (kIsScaled)
            inputSums[i / kVectorsPerScale] +=
                (inputs[i].x + inputs[i].y) + (inputs[i].z + inputs[i].w);
    }
    // Loads of all rows wait for memory together.
    uvec4 units[kRows][kUnits];
    [[unroll]] for (uint r = 0; r < kRows; ++r)
        loadUnits(weightRow(product, firstRow + r), pair, side, units[r]);
    [[unroll]] for (uint r = 0; r < kRows; ++r) {
        vec4 quants[kVectors];
        float scales[kScales];
        float offsets[kScales];
        loadQuants(pair, side, shared_[r], units[r], quants, scales, offsets);
        [[unroll]] for (uint s = 0; s < kScales; ++s) {
            vec4 products = vec4(0.0);
            [[unroll]] for (uint v = 0; v < kVectorsPerScale; ++v)
                products += quants[s * kVectorsPerScale + v] * inputs[s * kVectorsPerScale + v];
            const float sum = (products.x + products.y) + (products.z + products.w);
            const float scaled = kIsScaled ? scales[s] * sum + offsets[s] * inputSums[s] : sum;
            sums[r] += isInside ? scaled : 0.0;
        }
    }
}

// The same for several tokens: a few columns at a time, so that little has to be kept at once, and with
// weights that are scaled once for all tokens.
void multiplyMatrix(Product product, uint firstRow, uint firstToken, uint column, uint pair, uint side,
                    bool isInside, uvec4 shared_[kRows][kShared], inout float sums[kSums])
{
    uvec4 units[kRows][kUnits];
    [[unroll]] for (uint r = 0; r < kRows; ++r)
        loadUnits(weightRow(product, firstRow + r), pair, side, units[r]);
    [[unroll]] for (uint g = 0; g < kVectors / kGroup; ++g) {
        vec4 inputs[kTokens][kGroup];
        [[unroll]] for (uint t = 0; t < kTokens; ++t) {
            const uint token = min(firstToken + t, product.tokens - 1);
            const uint first = (product.inputFirst + token * product.inputStride + column) / 4;
            [[unroll]] for (uint v = 0; v < kGroup; ++v)
                inputs[t][v] = INPUT(first + g * kGroup + v);
        }
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            vec4 quants[kVectors];
            float scales[kScales];
            float offsets[kScales];
            loadQuants(pair, side, shared_[r], units[r], quants, scales, offsets);
            vec4 weights[kGroup];
            [[unroll]] for (uint v = 0; v < kGroup; ++v) {
                const uint i = g * kGroup + v;
                const uint s = i / kVectorsPerScale;
                weights[v] = kIsScaled ? (isInside ? scales[s] : 0.0) * quants[i] +
                                             (isInside ? offsets[s] : 0.0)
                                       : quants[i];
            }
            [[unroll]] for (uint t = 0; t < kTokens; ++t) {
                vec4 products = weights[0] * inputs[t][0];
                [[unroll]] for (uint v = 1; v < kGroup; ++v)
                    products += weights[v] * inputs[t][v];
                sums[r * kTokens + t] += (products.x + products.y) + (products.z + products.w);
            }
        }
    }
}

// This lane's share of the sums, [kRows × kTokens], as one of so many lanes that share the rows.
void multiplyShare(Product product, uint lane, uint lanes, uint firstRow, uint firstToken,
                   out float sums[kSums])
{
    [[unroll]] for (uint i = 0; i < kSums; ++i)
        sums[i] = 0.0;

    const uint pairs = (product.columns + kSides * kChunk - 1) / (kSides * kChunk);
    for (uint pair = lane; pair < pairs; pair += lanes) {
        uvec4 shared_[kRows][kShared];
        [[unroll]] for (uint r = 0; r < kRows; ++r)
            loadShared(weightRow(product, firstRow + r), pair, shared_[r]);
        [[unroll]] for (uint side = 0; side < kSides; ++side) {
            uint column = (pair * kSides + side) * kChunk;
            // A second chunk that is not wanted: what is read must be there, and counts for nothing.
            const bool isInside = side == 0 || column < product.columns;
            column = isInside ? column : column - kChunk;
            if (kTokens == 1)
                multiplyVector(product, firstRow,
                               (product.inputFirst + firstToken * product.inputStride + column) / 4,
                               pair, side, isInside, shared_, sums);
            else
                multiplyMatrix(product, firstRow, firstToken, column, pair, side, isInside, shared_,
                               sums);
        }
    }
}

// The same with rows that all lanes share.
void multiplyTile(Product product, uint firstRow, uint firstToken, out float sums[kSums])
{
    multiplyShare(product, gl_LocalInvocationID.x, gl_WorkGroupSize.x, firstRow, firstToken, sums);
}

#endif
