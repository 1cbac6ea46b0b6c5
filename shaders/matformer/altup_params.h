#ifndef SHADERS_MATFORMER_ALTUP_PARAMS_H
#define SHADERS_MATFORMER_ALTUP_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Shared by altup_predict.comp and altup_correct.comp. Specialization constants:
const uint kAltupInputs = 1;
const uint kMaxAltupInputs = 8;

struct AltupParams {
    uint width;         // elements of a row
    uint stride;        // elements from row to row
    uint streamStride;  // elements from stream to stream
    uint activeIndex;
    float epsilon;
};

// Bindings of altup_predict.comp.
const uint kPredictStreams = 0;
const uint kPredictRouterNorm = 1;
const uint kPredictRouter = 2;
const uint kPredictCoefs = 3;
const uint kPredictOutput = 4;

// Bindings of altup_correct.comp.
const uint kCorrectPredictions = 0;
const uint kCorrectActivated = 1;
const uint kCorrectRouterNorm = 2;
const uint kCorrectRouter = 3;
const uint kCorrectCoefs = 4;
const uint kCorrectScale = 5;
const uint kCorrectStreams = 6;
const uint kCorrectScaled = 7;

SHADER_PARAMS_END

#endif
