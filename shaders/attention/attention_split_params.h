#ifndef SHADERS_ATTENTION_ATTENTION_SPLIT_PARAMS_H
#define SHADERS_ATTENTION_ATTENTION_SPLIT_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of attention_split.comp.
const uint kSplitStep = 0;
const uint kSplitQuery = 1;
const uint kSplitKeyCache = 2;
const uint kSplitValueCache = 3;
const uint kSplitPartials = 4;
const uint kSplitOutput = 5;
const uint kSplitArrivals = 6;

// Specialization constants.
const uint kSplitHeadDim = 1;
const uint kSplitHeadsPerKvHead = 2;
const uint kSplitUnitsPerLane = 3;  // 16-byte pieces of a head ÷ workgroup size, rounded up

struct AttentionSplitParams {
    uint cacheStride;  // elements from slot to slot, of both caches
    uint ring;         // slots: position p lies in slot p mod ring
    uint window;       // keys that a query sees, itself included; 0: all
    float scale;
    uint splits;  // workgroups that share the keys of a head
};

SHADER_PARAMS_END

#endif
