#ifndef SHADERS_AUDIO_LOCAL_ATTENTION_PARAMS_H
#define SHADERS_AUDIO_LOCAL_ATTENTION_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of local_attention.comp.
const uint kLocalAttentionQkv = 0;
const uint kLocalAttentionKept = 1;
const uint kLocalAttentionQueryScale = 2;
const uint kLocalAttentionPositions = 3;
const uint kLocalAttentionOutput = 4;

// Specialization constants.
const uint kLocalAttentionHeadDim = 1;
const uint kLocalAttentionWindow = 2;  // keys that a query sees, itself included

struct LocalAttentionParams {
    uint firstFrame;  // of row 0 in the clip
    uint width;       // heads · headDim
    uint qkvStride;   // rows of queries, keys and values, `width` each
    uint keptStride;  // rows of keys and values, frame p in row p mod (window - 1)
    uint outputStride;
    float cap;  // of the logits
};

SHADER_PARAMS_END

#endif
