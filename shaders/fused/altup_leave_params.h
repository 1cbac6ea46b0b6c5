#ifndef SHADERS_FUSED_ALTUP_LEAVE_PARAMS_H
#define SHADERS_FUSED_ALTUP_LEAVE_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of altup_leave.comp.
const uint kLeaveFirst = 0;
const uint kLeaveOthers = 1;
const uint kLeaveNorm = 2;
const uint kLeaveOutput = 3;

struct AltupLeaveParams {
    uint width;
    uint streamStride;  // elements from stream to stream of the others
    uint others;        // streams but the first
    float epsilon;
};

SHADER_PARAMS_END

#endif
