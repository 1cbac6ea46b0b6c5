#ifndef SHADERS_INCLUDE_REDUCE_PARAMS_H
#define SHADERS_INCLUDE_REDUCE_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Specialization constant of every shader that reduces: 1 where a workgroup is known to be one
// subgroup, 0 where that turns out when it runs. kernels::Catalogue sets it.
const uint kReduceIsOneSubgroup = 15;

SHADER_PARAMS_END

#endif
