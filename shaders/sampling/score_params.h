#ifndef SHADERS_SAMPLING_SCORE_PARAMS_H
#define SHADERS_SAMPLING_SCORE_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Logits are looked at in slices of this many ids.
const uint kSliceSize = 64;

// Bindings of score.comp.
const uint kScoreStep = 0;
const uint kScoreSeen = 1;
const uint kScoreLogits = 2;
const uint kScoreSliceMax = 3;
const uint kScoreResult = 4;

struct ScoreParams {
    uint vocabulary;  // ids that may be drawn
};

SHADER_PARAMS_END

#endif
