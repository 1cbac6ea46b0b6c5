#version 450
#extension GL_GOOGLE_include_directive : require

// Depthwise convolution of pixels in rows of channels, weights [tap × channels]:
//
//     y[p][c] = Σ_(dy,dx) W[dy][dx][c] · x[p · stride − padding + (dy, dx)][c]
//
// with zeros around the picture. Groups along x and y are columns and rows of pixels; lanes are
// vectors of four channels.

#include "shaders/vision/depthwise_conv2d_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { DepthwiseConv2dParams params; };

#if defined(READ_TEXELS)
layout(binding = kDepthwiseConv2dWeight) uniform samplerBuffer weight;
layout(binding = kDepthwiseConv2dInput) uniform samplerBuffer x;
#define WEIGHT(i) texelFetch(weight, int(i))
#define INPUT(i) texelFetch(x, int(i))
#else
layout(binding = kDepthwiseConv2dWeight) readonly buffer Weight { vec4 weight[]; };
layout(binding = kDepthwiseConv2dInput) readonly buffer Input { vec4 x[]; };
#define WEIGHT(i) weight[i]
#define INPUT(i) x[i]
#endif
layout(binding = kDepthwiseConv2dOutput) writeonly buffer Output { float y[]; };

void main()
{
    const int left = int(gl_WorkGroupID.x * params.stride) - int(params.padding);
    const int top = int(gl_WorkGroupID.y * params.stride) - int(params.padding);
    const uint to = (gl_WorkGroupID.y * params.outputWidth + gl_WorkGroupID.x) * params.outputStride;

    for (uint v = gl_LocalInvocationID.x; v < params.vectors; v += gl_WorkGroupSize.x) {
        vec4 sum = vec4(0.0);
        for (uint dy = 0; dy < params.kernel; ++dy) {
            const int sy = top + int(dy);
            if (sy < 0 || sy >= int(params.inputHeight))
                continue;
            for (uint dx = 0; dx < params.kernel; ++dx) {
                const int sx = left + int(dx);
                if (sx < 0 || sx >= int(params.inputWidth))
                    continue;
                const uint pixel = uint(sy) * params.inputWidth + uint(sx);
                sum += WEIGHT((dy * params.kernel + dx) * params.weightVectors + v) *
                       INPUT(pixel * params.inputVectors + v);
            }
        }
        for (uint c = 0; c < 4; ++c)
            y[to + 4 * v + c] = sum[c];
    }
}
