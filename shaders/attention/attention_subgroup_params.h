#ifndef SHADERS_ATTENTION_ATTENTION_SUBGROUP_PARAMS_H
#define SHADERS_ATTENTION_ATTENTION_SUBGROUP_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of attention_subgroup.comp.
const uint kSubgroupStep = 0;
const uint kSubgroupQuery = 1;
const uint kSubgroupKeyCache = 2;
const uint kSubgroupValueCache = 3;
const uint kSubgroupPartials = 4;
const uint kSubgroupOutput = 5;
const uint kSubgroupArrivals = 6;

// Specialization constants.
const uint kSubgroupHeadDim = 1;
const uint kSubgroupHeads = 2;         // query heads of a workgroup, all of one key head
const uint kSubgroupUnitsPerLane = 3;  // 16-byte pieces of a head ÷ workgroup size, rounded up
const uint kSubgroupIsShared = 4;      // whether several workgroups share the keys

struct AttentionSubgroupParams {
    uint headsPerKvHead;
    uint queryStride;  // elements
    uint cacheStride;  // elements from slot to slot, of both caches
    uint outputStride;
    uint ring;    // slots: position p lies in slot p mod ring
    uint window;  // keys that a query sees, itself included; 0: all
    float scale;
    uint zero;  // which the compiler does not know
};

SHADER_PARAMS_END

#endif
