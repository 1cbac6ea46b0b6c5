#ifndef SHADERS_FUSED_ALTUP_ENTER_PARAMS_H
#define SHADERS_FUSED_ALTUP_ENTER_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of altup_enter.comp.
const uint kEnterInjected = 0;
const uint kEnterInjectedNorm = 1;
const uint kEnterStreams = 2;
const uint kEnterRouterNorm = 3;
const uint kEnterRouter = 4;
const uint kEnterCoefs = 5;
const uint kEnterPredictions = 6;
const uint kEnterInputNorm = 7;
const uint kEnterNormalized = 8;

// Specialization constants.
const uint kEnterInputs = 1;   // AltUp streams
const uint kEnterInjects = 2;  // whether a layer came before

struct AltupEnterParams {
    uint width;
    uint streamStride;  // elements from stream to stream
    uint activeIndex;
    float epsilon;
};

SHADER_PARAMS_END

#endif
