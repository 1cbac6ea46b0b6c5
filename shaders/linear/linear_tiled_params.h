#ifndef SHADERS_LINEAR_LINEAR_TILED_PARAMS_H
#define SHADERS_LINEAR_LINEAR_TILED_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings and parameters of linear_tiled.comp are those of linear.comp.

// Specialization constants. A workgroup has a lane for each block of laneRows × laneTokens sums of
// its tile; those divide the tile's sides.
const uint kLinearTiledRows = 1;        // outputs that one workgroup computes …
const uint kLinearTiledTokens = 2;      // … for this many rows of the input
const uint kLinearTiledLaneRows = 3;    // outputs that one lane computes …
const uint kLinearTiledLaneTokens = 4;  // … for this many rows of the input

// Columns that a workgroup takes at a time.
const uint kLinearTiledDepth = 32;

SHADER_PARAMS_END

#endif
