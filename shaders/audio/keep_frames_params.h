#ifndef SHADERS_AUDIO_KEEP_FRAMES_PARAMS_H
#define SHADERS_AUDIO_KEEP_FRAMES_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of keep_frames.comp.
const uint kKeepFramesQkv = 0;
const uint kKeepFramesGates = 1;
const uint kKeepFramesKeysValues = 2;
const uint kKeepFramesGated = 3;

struct KeepFramesParams {
    uint firstFrame;  // of row 0 in the clip
    uint rows;
    uint width;      // channels
    uint qkvStride;  // rows of queries, keys and values
    uint gatesStride;
    uint keysValuesStride;
    uint gatedStride;
    uint keysValues;  // frames whose keys and values are kept
    uint gated;       // frames whose gated values are kept
};

SHADER_PARAMS_END

#endif
