#version 450
#extension GL_GOOGLE_include_directive : require

// The scores that a token is drawn by, in place, and the largest of each slice of 64 ids:
//
//     l = l > 0 ? l / penalty : l · penalty        for ids that stand in the conversation already
//
// The result's count of NaN starts at zero. One workgroup per slice.

#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"
#include "shaders/sampling/score_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { ScoreParams params; };

layout(binding = kScoreStep) readonly buffer Step { StepState state; };
layout(binding = kScoreSeen) readonly buffer Seen { uint seen[]; };  // a bit for each id
layout(binding = kScoreLogits) buffer Logits { float logits[]; };
layout(binding = kScoreSliceMax) writeonly buffer SliceMax { float sliceMax[]; };
layout(binding = kScoreResult) buffer Result { StepResult result; };

const float kLowest = -3.4e38;

void main()
{
    const uint slice = gl_WorkGroupID.x;
    const uint end = min((slice + 1) * kSliceSize, params.vocabulary);
    float largest = kLowest;
    for (uint id = slice * kSliceSize + gl_LocalInvocationID.x; id < end;
         id += gl_WorkGroupSize.x) {
        float score = logits[id];
        if ((floatBitsToUint(score) & 0x7FFFFFFFu) > 0x7F800000u) {
            atomicAdd(result.notANumber, 1u);
            logits[id] = kLowest;
            continue;
        }
        if (state.repetitionPenalty != 1.0 && (seen[id / 32] >> (id & 31u) & 1u) != 0)
            score = score > 0.0 ? score / state.repetitionPenalty : score * state.repetitionPenalty;
        score = clamp(score, kLowest, -kLowest);
        logits[id] = score;
        largest = max(largest, score);
    }
    largest = workgroupMax(largest);
    if (gl_LocalInvocationID.x == 0)
        sliceMax[slice] = largest;
}
