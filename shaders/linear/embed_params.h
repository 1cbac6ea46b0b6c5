#ifndef SHADERS_LINEAR_EMBED_PARAMS_H
#define SHADERS_LINEAR_EMBED_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of embed.comp.
const uint kEmbedWeight = 0;
const uint kEmbedIds = 1;
const uint kEmbedOutput = 2;

struct EmbedParams {
    uint columns;
    uint rowUnits;   // of 16 bytes, from weight row to weight row
    uint rowChunks;  // of a whole weight row
    uint firstId;    // of the bound window of the table
    uint ids;        // rows of the table in it
    float scale;
    uint outputStride;  // elements
    uint outputFirst;
};

SHADER_PARAMS_END

#endif
