#version 450
#extension GL_GOOGLE_include_directive : require

// Where attention, LAuReL and the residual meet (spec 01 §2.5):
//
//     att = rms_norm(attention, attention_norm)
//     lau = n + rms_norm(low_rank, laurel_norm)
//     h   = (a + att + lau) / √2
//
// a is the active AltUp prediction, n its normalised form, attention = Wo·…, low_rank = Lr·Ll·n. One
// workgroup per row.

#include "shaders/include/reduce.glsl"
#include "shaders/matformer/laurel_residual_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { LaurelResidualParams params; };

layout(binding = kLaurelActive) readonly buffer Active { float active_[]; };
layout(binding = kLaurelNormalized) readonly buffer Normalized { float normalized[]; };
layout(binding = kLaurelAttention) readonly buffer Attention { float attention[]; };
layout(binding = kLaurelLowRank) readonly buffer LowRank { float lowRank[]; };
layout(binding = kLaurelAttentionNorm) readonly buffer AttentionNorm { float attentionNorm[]; };
layout(binding = kLaurelLowRankNorm) readonly buffer LowRankNorm { float lowRankNorm[]; };
layout(binding = kLaurelOutput) writeonly buffer Output { float y[]; };

const float kInverseRoot2 = 0.70710678118654752;

void main()
{
    const uint row = gl_WorkGroupID.x * params.stride;

    float attentionSquares = 0.0;
    float lowRankSquares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        attentionSquares += attention[row + c] * attention[row + c];
        lowRankSquares += lowRank[row + c] * lowRank[row + c];
    }
    const float width = float(params.width);
    const float attentionScale =
        inversesqrt(workgroupSum(attentionSquares) / width + params.epsilon);
    const float lowRankScale = inversesqrt(workgroupSum(lowRankSquares) / width + params.epsilon);

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float attended = attention[row + c] * attentionScale * attentionNorm[c];
        const float laurel =
            normalized[row + c] + lowRank[row + c] * lowRankScale * lowRankNorm[c];
        y[row + c] = (active_[params.activeFirst + row + c] + attended + laurel) * kInverseRoot2;
    }
}
