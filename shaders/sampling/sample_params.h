#ifndef SHADERS_SAMPLING_SAMPLE_PARAMS_H
#define SHADERS_SAMPLING_SAMPLE_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of sample.comp.
const uint kSampleStep = 0;
const uint kSampleLogits = 1;
const uint kSampleSliceMax = 2;
const uint kSampleResult = 3;

struct SampleParams {
    uint vocabulary;  // ids that may be drawn
    uint slices;
};

SHADER_PARAMS_END

#endif
