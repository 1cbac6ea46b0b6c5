#version 450
#extension GL_GOOGLE_include_directive : require

// Attention of each frame to itself and the window - 1 frames before it (spec 03 §4.1), per head:
//
//     s[d] = cap · tanh(q[t] · (k[t-d] + r[d]) / cap),    0 ≤ d < window,  d ≤ t
//     o[t] = Σ_d softmax(s)[d] · v[t-d]
//
// with q scaled by a factor for each dimension, and r from the layer's positions. Keys and values
// of this call's frames lie beside its queries, those of the frames before in the ring that
// keep_frames.comp writes. One workgroup per frame (x) and head (y); a lane scores whole keys.

#include "shaders/audio/local_attention_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kLocalAttentionHeadDim) const uint kHeadDim = 192;
layout(constant_id = kLocalAttentionWindow) const uint kWindow = 13;

layout(push_constant) uniform Push { LocalAttentionParams params; };

layout(binding = kLocalAttentionQkv) readonly buffer Qkv { float qkv[]; };
layout(binding = kLocalAttentionKept) readonly buffer Kept { float kept[]; };
layout(binding = kLocalAttentionQueryScale) readonly buffer QueryScale { float queryScale[]; };
layout(binding = kLocalAttentionPositions) readonly buffer Positions { float positions[]; };
layout(binding = kLocalAttentionOutput) writeonly buffer Output { float y[]; };

shared float query[kHeadDim];
shared float scores[kWindow];

uint keptRow(uint frame)
{
    return frame % max(kWindow - 1, 1) * params.keptStride;
}

void main()
{
    const uint lane = gl_LocalInvocationID.x;
    const uint row = gl_WorkGroupID.x;
    const uint frame = params.firstFrame + row;
    const uint head = gl_WorkGroupID.y * kHeadDim;
    const uint keys = min(frame + 1, kWindow);

    for (uint i = lane; i < kHeadDim; i += gl_WorkGroupSize.x)
        query[i] = qkv[row * params.qkvStride + head + i] * queryScale[i];
    barrier();

    for (uint d = lane; d < keys; d += gl_WorkGroupSize.x) {
        const uint position = d * params.width + head;
        float score = 0.0;
        if (d <= row) {
            const uint key = (row - d) * params.qkvStride + params.width + head;
            for (uint i = 0; i < kHeadDim; ++i)
                score += query[i] * (qkv[key + i] + positions[position + i]);
        } else {
            const uint key = keptRow(frame - d) + head;
            for (uint i = 0; i < kHeadDim; ++i)
                score += query[i] * (kept[key + i] + positions[position + i]);
        }
        // Beyond ±15 tanh is ±1 in float32, and some drivers compute it through exp.
        scores[d] = params.cap * tanh(clamp(score / params.cap, -15.0, 15.0));
    }
    barrier();

    float largest = scores[0];
    for (uint d = 1; d < keys; ++d)
        largest = max(largest, scores[d]);
    float total = 0.0;
    for (uint d = 0; d < keys; ++d)
        total += exp(scores[d] - largest);

    for (uint i = lane; i < kHeadDim; i += gl_WorkGroupSize.x) {
        float sum = 0.0;
        for (uint d = 0; d < keys; ++d) {
            const float value =
                d <= row ? qkv[(row - d) * params.qkvStride + 2 * params.width + head + i]
                         : kept[keptRow(frame - d) + params.width + head + i];
            sum += exp(scores[d] - largest) * value;
        }
        y[row * params.outputStride + head + i] = sum / total;
    }
}
