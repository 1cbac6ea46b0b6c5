#ifndef SHADERS_FUSED_LINEAR_CORRECT_PARAMS_H
#define SHADERS_FUSED_LINEAR_CORRECT_PARAMS_H

#include "shaders/fused/linear_part.h"

SHADER_PARAMS_BEGIN

// Bindings of linear_correct.comp.
const uint kLinearCorrectWeight = 0;
const uint kLinearCorrectInput = 1;
const uint kLinearCorrectProduct = 2;
const uint kLinearCorrectNorm = 3;
const uint kLinearCorrectResidual = 4;
const uint kLinearCorrectPredictions = 5;
const uint kLinearCorrectRouterNorm = 6;
const uint kLinearCorrectRouter = 7;
const uint kLinearCorrectCoefs = 8;
const uint kLinearCorrectScale = 9;
const uint kLinearCorrectStreams = 10;
const uint kLinearCorrectScaled = 11;
const uint kLinearCorrectArrivals = 12;

// Specialization constant.
const uint kLinearCorrectInputs = 2;  // AltUp streams

struct LinearCorrectParams {
    LinearPart part;
    uint productFirst;  // element of Wd · gated, which the part is the last piece of
    uint width;
    uint streamStride;  // elements from stream to stream
    uint activeIndex;
    uint groups;
    float epsilon;
};

SHADER_PARAMS_END

#endif
