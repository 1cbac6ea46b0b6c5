#ifndef SHADERS_ATTENTION_QKV_NORM_ROPE_PARAMS_H
#define SHADERS_ATTENTION_QKV_NORM_ROPE_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of qkv_norm_rope.comp.
const uint kQkvStep = 0;
const uint kQkvQuery = 1;  // normalised and rotated in place
const uint kQkvKey = 2;
const uint kQkvValue = 3;
const uint kQkvQueryNorm = 4;
const uint kQkvKeyNorm = 5;
const uint kQkvKeyCache = 6;
const uint kQkvValueCache = 7;

// Specialization constants.
const uint kQkvNormalizesValues = 1;

struct QkvNormRopeParams {
    uint heads;    // query heads
    uint kvHeads;  // 0 where the layer borrows its keys and values
    uint headDim;
    uint queryStride;  // elements
    uint kvStride;
    uint cacheStride;  // elements from slot to slot, of both caches
    uint ring;         // slots: position p lies in slot p mod ring
    float logTheta;    // natural logarithm of the RoPE base
    float positionScale;
    float epsilon;
};

SHADER_PARAMS_END

#endif
