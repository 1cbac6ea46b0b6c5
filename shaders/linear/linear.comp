#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// Matrix product with weights as they are stored:
//
//     y[t][o] = Σ_i W[o][i] · x[t][i]
//
// One workgroup computes kRows outputs for kTokens rows of the input. Its lanes share the columns:
// each decodes a chunk of a weight row once and multiplies it with all kTokens inputs. Sums are in
// fp32. Groups along x (and z, where x would not suffice) are outputs, along y input rows.

#include "shaders/include/reduce.glsl"
#include "shaders/linear/linear_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kLinearRowsPerGroup) const uint kRows = 4;
layout(constant_id = kLinearTokensPerGroup) const uint kTokens = 1;

layout(push_constant) uniform Push { LinearParams params; };

// A CPU driver loads texels many lanes at a time, and buffers lane by lane.
#if defined(READ_TEXELS)
layout(binding = kLinearWeight) uniform usamplerBuffer weight;
layout(binding = kLinearInput) uniform samplerBuffer x;
#define WEIGHT(i) texelFetch(weight, int(i)).x
#define INPUT(i) texelFetch(x, int(i))
#else
layout(binding = kLinearWeight) readonly buffer Weight { uint weight[]; };
layout(binding = kLinearInput) readonly buffer Input { vec4 x[]; };
#define WEIGHT(i) weight[i]
#define INPUT(i) x[i]
#endif
layout(binding = kLinearOutput) writeonly buffer Output { float y[]; };

#include "shaders/include/weights.glsl"

void main()
{
    const uint firstRow = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * kRows;
    const uint firstToken = gl_WorkGroupID.y * kTokens;
    if (firstRow >= params.rows)
        return;

    float sums[kRows * kTokens];
    [[unroll]] for (uint i = 0; i < kRows * kTokens; ++i)
        sums[i] = 0.0;

    const uint chunks = (params.columns + kChunk - 1) / kChunk;
    for (uint chunk = gl_LocalInvocationID.x; chunk < chunks; chunk += gl_WorkGroupSize.x) {
        vec4 inputs[kTokens * kChunk / 4];
        [[unroll]] for (uint t = 0; t < kTokens; ++t) {
            const uint token = min(firstToken + t, params.tokens - 1);
            const uint first = (params.inputFirst + token * params.inputStride + chunk * kChunk) / 4;
            [[unroll]] for (uint i = 0; i < kChunk / 4; ++i)
                inputs[t * (kChunk / 4) + i] = INPUT(first + i);
        }
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            const uint row = min(firstRow + r, params.rows - 1);
            vec4 values[kChunk / 4];
            loadChunk(row * params.rowHalves, chunk, values);
            [[unroll]] for (uint t = 0; t < kTokens; ++t) {
                vec4 products = vec4(0.0);
                [[unroll]] for (uint i = 0; i < kChunk / 4; ++i)
                    products += values[i] * inputs[t * (kChunk / 4) + i];
                sums[r * kTokens + t] += dot(products, vec4(1.0));
            }
        }
    }

    [[unroll]] for (uint r = 0; r < kRows; ++r) {
        [[unroll]] for (uint t = 0; t < kTokens; ++t) {
            const float sum = workgroupSum(sums[r * kTokens + t]);
            if (gl_LocalInvocationID.x == 0 && firstRow + r < params.rows &&
                firstToken + t < params.tokens)
                y[params.outputFirst + (firstToken + t) * params.outputStride + firstRow + r] = sum;
        }
    }
}
