#version 450
#extension GL_GOOGLE_include_directive : require

// The gate of the feed-forward network and of the per-layer input (spec 01 §2.5, §2.8):
//
//     y = gelu(g) · up
//     sparse:  y = gelu(max(0, g - (mean(g) + multiplier · std(g)))) · up
//
// over the first `width` elements of each row; std is the population's, in two passes. Rows are
// along y. A dense row is shared by the groups along x; a sparse one belongs to a single workgroup,
// which alone can know the mean.

#include "shaders/include/activations.glsl"
#include "shaders/include/reduce.glsl"
#include "shaders/matformer/gated_gelu_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kGatedGeluIsSparse) const uint kIsSparse = 0;

layout(push_constant) uniform Push { GatedGeluParams params; };

layout(binding = kGatedGeluGate) readonly buffer Gate { float gate[]; };
layout(binding = kGatedGeluUp) readonly buffer Up { float up[]; };
layout(binding = kGatedGeluOutput) writeonly buffer Output { float y[]; };

float cutoffOf(uint first)
{
    float sum = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < params.width; i += gl_WorkGroupSize.x)
        sum += gate[first + i];
    const float mean = workgroupSum(sum) / float(params.width);

    float squares = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < params.width; i += gl_WorkGroupSize.x) {
        const float difference = gate[first + i] - mean;
        squares += difference * difference;
    }
    return mean + params.multiplier * sqrt(workgroupSum(squares) / float(params.width));
}

void main()
{
    const uint row = gl_WorkGroupID.y;
    const uint gateFirst = row * params.gateStride;
    const uint upFirst = params.upFirst + row * params.upStride;
    const uint outputFirst = row * params.outputStride;
    const float cutoff = kIsSparse != 0 ? cutoffOf(gateFirst) : 0.0;

    const uint first = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    const uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = first; i < params.width; i += step) {
        float g = gate[gateFirst + i];
        if (kIsSparse != 0)
            g = max(0.0, g - cutoff);
        y[outputFirst + i] = geluTanh(g) * up[upFirst + i];
    }
}
