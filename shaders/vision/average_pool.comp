#version 450
#extension GL_GOOGLE_include_directive : require

// The mean of each window of pixels, by channel. Groups along x and y are columns and rows of the
// output; lanes are channels.

#include "shaders/vision/average_pool_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { AveragePoolParams params; };

layout(binding = kAveragePoolInput) readonly buffer Input { float x[]; };
layout(binding = kAveragePoolOutput) writeonly buffer Output { float y[]; };

void main()
{
    const uint left = gl_WorkGroupID.x * params.window;
    const uint top = gl_WorkGroupID.y * params.window;
    const uint to = (gl_WorkGroupID.y * params.outputWidth + gl_WorkGroupID.x) * params.outputStride;
    for (uint c = gl_LocalInvocationID.x; c < params.channels; c += gl_WorkGroupSize.x) {
        float sum = 0.0;
        for (uint dy = 0; dy < params.window; ++dy) {
            for (uint dx = 0; dx < params.window; ++dx)
                sum += x[((top + dy) * params.inputWidth + left + dx) * params.inputStride + c];
        }
        y[to + c] = sum / float(params.window * params.window);
    }
}
