#version 450
#extension GL_GOOGLE_include_directive : require

// The per-layer inputs of a token (spec 01 §2.3): for each layer's slab of `width` values
//
//     ple = (rms_norm(projected · hidden^(-1/2), norm) + row · width^(1/2)) / √2
//
// projected = Wplmp · e, row is the token's row of the per-layer embedding table. One workgroup per
// token (x) and layer (y).

#include "shaders/include/reduce.glsl"
#include "shaders/matformer/per_layer_inputs_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { PerLayerInputsParams params; };

layout(binding = kPerLayerProjected) readonly buffer Projected { float projected[]; };
layout(binding = kPerLayerNorm) readonly buffer Norm { float norm[]; };
layout(binding = kPerLayerRows) readonly buffer Rows { float rows[]; };
layout(binding = kPerLayerOutput) writeonly buffer Output { float y[]; };

const float kInverseRoot2 = 0.70710678118654752;

void main()
{
    const uint first = gl_WorkGroupID.x * params.stride + gl_WorkGroupID.y * params.width;

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float value = projected[first + c] * params.projectionScale;
        squares += value * value;
    }
    const float scale = params.projectionScale *
                        inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        y[first + c] = (projected[first + c] * scale * norm[c] +
                        rows[first + c] * params.embeddingScale) *
                       kInverseRoot2;
}
