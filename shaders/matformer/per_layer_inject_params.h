#ifndef SHADERS_MATFORMER_PER_LAYER_INJECT_PARAMS_H
#define SHADERS_MATFORMER_PER_LAYER_INJECT_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of per_layer_inject.comp.
const uint kInjectInput = 0;
const uint kInjectNorm = 1;
const uint kInjectStreams = 2;

struct PerLayerInjectParams {
    uint width;
    uint stride;        // elements from row to row
    uint streamStride;  // elements from stream to stream
    uint streams;       // all of them; the first is left as it is
    float epsilon;
};

SHADER_PARAMS_END

#endif
