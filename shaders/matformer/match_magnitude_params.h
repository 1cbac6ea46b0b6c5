#ifndef SHADERS_MATFORMER_MATCH_MAGNITUDE_PARAMS_H
#define SHADERS_MATFORMER_MATCH_MAGNITUDE_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of match_magnitude.comp.
const uint kMatchStreams = 0;
const uint kMatchTarget = 1;

struct MatchMagnitudeParams {
    uint width;
    uint stride;        // elements from row to row
    uint streamStride;  // elements from stream to stream
    uint streamsFirst;  // element of row 0 of the first stream that is scaled
};

SHADER_PARAMS_END

#endif
