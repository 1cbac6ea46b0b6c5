#ifndef SHADERS_SAMPLING_SOFTCAP_PARAMS_H
#define SHADERS_SAMPLING_SOFTCAP_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of softcap.comp.
const uint kSoftcapLogits = 0;

struct SoftcapParams {
    uint width;
    uint stride;  // elements from row to row
    float cap;
};

SHADER_PARAMS_END

#endif
