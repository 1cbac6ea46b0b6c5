#ifndef SHADERS_INCLUDE_STEP_STATE_H
#define SHADERS_INCLUDE_STEP_STATE_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// All that changes from one forward pass to the next of the same shape: the host writes it, and
// commands recorded once read it from a buffer.
struct StepState {
    uint firstPosition;        // of row 0 in the conversation
    uint topK;                 // candidates to draw from, 1 to kMaxCandidates
    float inverseTemperature;  // 0 picks the likeliest
    float topP;
    float minP;
    float repetitionPenalty;
    float pick;  // in [0, 1): where in the distribution to draw
};

// What comes back from a decode step.
struct StepResult {
    uint token;         // kNoToken if no logit is a number
    float logit;        // of it, after penalty
    float probability;  // with which it was drawn
    uint notANumber;    // how many logits were NaN
};

const uint kNoToken = 0xFFFFFFFFu;
const uint kMaxCandidates = 256;

SHADER_PARAMS_END

#endif
