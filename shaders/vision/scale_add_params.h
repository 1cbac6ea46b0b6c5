#ifndef SHADERS_VISION_SCALE_ADD_PARAMS_H
#define SHADERS_VISION_SCALE_ADD_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of scale_add.comp.
const uint kScaleAddResidual = 0;
const uint kScaleAddInput = 1;
const uint kScaleAddScale = 2;
const uint kScaleAddOutput = 3;

struct ScaleAddParams {
    uint pixels;
    uint vectors;  // vec4s of a pixel, and from pixel to pixel
    uint groupsX;  // workgroups along x
};

SHADER_PARAMS_END

#endif
