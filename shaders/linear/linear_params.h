#ifndef SHADERS_LINEAR_LINEAR_PARAMS_H
#define SHADERS_LINEAR_LINEAR_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of linear.comp.
const uint kLinearWeight = 0;
const uint kLinearInput = 1;
const uint kLinearOutput = 2;

// Specialization constants; 0 is the workgroup size in every shader.
const uint kLinearRowsPerGroup = 1;    // outputs that one workgroup computes …
const uint kLinearTokensPerGroup = 2;  // … for this many rows of the input
const uint kLinearRowsAreShort = 3;    // then each of its lanes computes as many, of one token

struct LinearParams {
    uint columns;      // elements of an input row that count
    uint rows;         // outputs in the bound window of the weight
    uint rowUnits;     // of 16 bytes, from weight row to weight row
    uint rowChunks;    // of a whole weight row
    uint tokens;       // rows of the input
    uint inputStride;  // elements
    uint inputFirst;   // element of row 0
    uint outputStride;
    uint outputFirst;  // element of row 0, with the window's first output added
};

SHADER_PARAMS_END

#endif
