#ifndef SHADERS_MATFORMER_PER_LAYER_INPUTS_PARAMS_H
#define SHADERS_MATFORMER_PER_LAYER_INPUTS_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of per_layer_inputs.comp.
const uint kPerLayerProjected = 0;
const uint kPerLayerNorm = 1;
const uint kPerLayerRows = 2;
const uint kPerLayerOutput = 3;

struct PerLayerInputsParams {
    uint width;             // elements of a layer's slab
    uint stride;            // elements from token to token, of all three
    float projectionScale;  // hidden^(-1/2)
    float embeddingScale;   // width^(1/2)
    float epsilon;
};

SHADER_PARAMS_END

#endif
