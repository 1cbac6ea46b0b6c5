#ifndef SHADERS_AUDIO_CONFORMER_LINEAR_PARAMS_H
#define SHADERS_AUDIO_CONFORMER_LINEAR_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of conformer_linear.comp.
const uint kConformerLinearWeight = 0;
const uint kConformerLinearInput = 1;
const uint kConformerLinearOutput = 2;
const uint kConformerLinearResidual = 3;
const uint kConformerLinearPostNorm = 4;
const uint kConformerLinearFinalNorm = 5;
const uint kConformerLinearNextNorm = 6;
const uint kConformerLinearNormalized = 7;
const uint kConformerLinearArrivals = 8;

// Specialization constants.
const uint kConformerLinearRowsPerGroup = 1;
const uint kConformerLinearTokensPerGroup = 2;
const uint kConformerLinearSteps = 3;  // what follows the product: a sum of the steps below

const uint kStepSilu = 1;       // of each element; none of the others then
const uint kStepPostNorm = 2;   // of the product
const uint kStepResidual = 4;   // add to the residual; without it the residual begins here
const uint kStepFinalNorm = 8;  // of the residual
const uint kStepNextNorm = 16;  // of the residual, into `normalized`

struct ConformerLinearParams {
    uint columns;      // elements of an input row
    uint rows;         // of the weight: elements of an output row
    uint rowUnits;     // of 16 bytes, from weight row to weight row
    uint rowChunks;    // of a whole weight row
    uint tokens;       // rows of the input
    uint inputStride;  // elements
    uint inputFirst;   // element of row 0
    uint outputStride;
    uint residualStride;
    uint normalizedStride;
    uint groups;           // workgroups that share the outputs of a tile of tokens
    float epsilon;         // of every norm
    float clip;            // before the post norm and the final norm
    float nextClip;        // before the next norm
    float residualWeight;  // of the product, once it is normalised
};

SHADER_PARAMS_END

#endif
