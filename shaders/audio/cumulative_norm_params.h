#ifndef SHADERS_AUDIO_CUMULATIVE_NORM_PARAMS_H
#define SHADERS_AUDIO_CUMULATIVE_NORM_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of cumulative_deviation.comp …
const uint kCumulativeDeviationInput = 0;
const uint kCumulativeDeviationSums = 1;
const uint kCumulativeDeviationCarried = 2;
const uint kCumulativeDeviationOutput = 3;

// … and of cumulative_norm.comp.
const uint kCumulativeNormInput = 0;
const uint kCumulativeNormSums = 1;
const uint kCumulativeNormDeviations = 2;
const uint kCumulativeNormWeight = 3;
const uint kCumulativeNormCarried = 4;
const uint kCumulativeNormOutput = 5;

// What is carried from one call to the next, twice: one call reads slot 0 and writes slot 1, the
// next the other way round.
struct CarriedMoments {
    float sum;         // of all elements so far
    float deviations;  // of each frame's elements from the mean as of that frame, squared
};

struct CumulativeNormParams {
    uint width;         // elements of a frame
    uint frames;        // of this call
    uint framesBefore;  // of all calls before
    uint carriedSlot;   // that is read
    uint channels;
    uint sumsPerFrame;
    uint inputStride;
    uint outputStride;
    uint outputFirst;  // element of the first frame
    float epsilon;
};

SHADER_PARAMS_END

#endif
