#ifndef SHADERS_LINEAR_PRODUCT_GLSL
#define SHADERS_LINEAR_PRODUCT_GLSL

// The product of a tile of weight rows and of input rows, as linear.comp describes it. The including
// shader has kRows, kTokens, and the bindings' numbers as LINEAR_WEIGHT and LINEAR_INPUT.

// A CPU driver loads texels many lanes at a time, and buffers lane by lane.
#if defined(READ_TEXELS)
layout(binding = LINEAR_WEIGHT) uniform usamplerBuffer weight;
layout(binding = LINEAR_INPUT) uniform samplerBuffer x;
#define WEIGHT(i) texelFetch(weight, int(i)).x
#define INPUT(i) texelFetch(x, int(i))
#else
layout(binding = LINEAR_WEIGHT) readonly buffer Weight { uint weight[]; };
layout(binding = LINEAR_INPUT) readonly buffer Input { vec4 x[]; };
#define WEIGHT(i) weight[i]
#define INPUT(i) x[i]
#endif

#include "shaders/include/weights.glsl"

const uint kSums = kRows * kTokens;

// Where a weight and its input lie in what is bound; as in LinearParams.
struct Product {
    uint columns;
    uint rows;
    uint rowHalves;
    uint weightFirst;  // half-word of row 0
    uint tokens;
    uint inputStride;
    uint inputFirst;
};

// This lane's share of the sums: [kRows × kTokens].
void multiplyTile(Product product, uint firstRow, uint firstToken, out float sums[kSums])
{
    [[unroll]] for (uint i = 0; i < kSums; ++i)
        sums[i] = 0.0;

    const uint chunks = (product.columns + kChunk - 1) / kChunk;
    for (uint chunk = gl_LocalInvocationID.x; chunk < chunks; chunk += gl_WorkGroupSize.x) {
        vec4 inputs[kTokens * kChunk / 4];
        [[unroll]] for (uint t = 0; t < kTokens; ++t) {
            const uint token = min(firstToken + t, product.tokens - 1);
            const uint first = (product.inputFirst + token * product.inputStride + chunk * kChunk) / 4;
            [[unroll]] for (uint i = 0; i < kChunk / 4; ++i)
                inputs[t * (kChunk / 4) + i] = INPUT(first + i);
        }
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            const uint row = min(firstRow + r, product.rows - 1);
            vec4 values[kChunk / 4];
            loadChunk(product.weightFirst + row * product.rowHalves, chunk, values);
            [[unroll]] for (uint t = 0; t < kTokens; ++t) {
                vec4 products = vec4(0.0);
                [[unroll]] for (uint i = 0; i < kChunk / 4; ++i)
                    products += values[i] * inputs[t * (kChunk / 4) + i];
                sums[r * kTokens + t] += dot(products, vec4(1.0));
            }
        }
    }
}

#endif
