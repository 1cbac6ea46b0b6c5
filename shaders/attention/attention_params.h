#ifndef SHADERS_ATTENTION_ATTENTION_PARAMS_H
#define SHADERS_ATTENTION_ATTENTION_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of attention.comp and attention_texels.comp.
const uint kAttentionStep = 0;
const uint kAttentionQuery = 1;
const uint kAttentionKeyCache = 2;
const uint kAttentionValueCache = 3;
const uint kAttentionOutput = 4;

// Specialization constants.
const uint kAttentionHeadDim = 1;
// headDim (in units of 16 bytes, where texels are read) ÷ workgroup size, rounded up.
const uint kAttentionDimsPerLane = 2;

struct AttentionParams {
    uint headsPerKvHead;
    uint queryStride;  // elements
    uint cacheStride;  // elements from slot to slot, of both caches
    uint outputStride;
    uint ring;    // slots: position p lies in slot p mod ring
    uint window;  // keys that a query sees, itself included; 0: all
    float scale;
};

SHADER_PARAMS_END

#endif
