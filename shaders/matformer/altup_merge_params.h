#ifndef SHADERS_MATFORMER_ALTUP_MERGE_PARAMS_H
#define SHADERS_MATFORMER_ALTUP_MERGE_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of altup_merge.comp.
const uint kMergeFirst = 0;
const uint kMergeOthers = 1;
const uint kMergeOutput = 2;

struct AltupMergeParams {
    uint width;
    uint stride;        // elements from row to row
    uint streamStride;  // elements from stream to stream of the others
    uint others;        // streams beside the first
};

SHADER_PARAMS_END

#endif
