#version 450
#extension GL_GOOGLE_include_directive : require

// The channels of two maps side by side, the coarser one enlarged to the nearest pixel (spec 02 §5):
//
//     y[p] = [fine[p], coarse[floor(p · coarse size / fine size)]]
//
// Groups along x and y are columns and rows of pixels; lanes are channels.

#include "shaders/vision/join_scales_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { JoinScalesParams params; };

layout(binding = kJoinScalesFine) readonly buffer Fine { float fine[]; };
layout(binding = kJoinScalesCoarse) readonly buffer Coarse { float coarse[]; };
layout(binding = kJoinScalesOutput) writeonly buffer Output { float y[]; };

void main()
{
    const uint px = gl_WorkGroupID.x;
    const uint py = gl_WorkGroupID.y;
    const uint pixel = py * params.width + px;
    const uint coarsePixel = py * params.coarseHeight / params.height * params.coarseWidth +
                             px * params.coarseWidth / params.width;
    const uint to = pixel * params.outputStride;
    for (uint c = gl_LocalInvocationID.x; c < params.fineChannels; c += gl_WorkGroupSize.x)
        y[to + c] = fine[pixel * params.fineStride + c];
    for (uint c = gl_LocalInvocationID.x; c < params.coarseChannels; c += gl_WorkGroupSize.x)
        y[to + params.fineChannels + c] = coarse[coarsePixel * params.coarseStride + c];
}
