#ifndef SHADERS_FUSED_SPARSE_CORRECT_PARAMS_H
#define SHADERS_FUSED_SPARSE_CORRECT_PARAMS_H

#include "shaders/fused/linear_correct_params.h"

SHADER_PARAMS_BEGIN

// Bindings of sparse_correct.comp: those of linear_correct.comp, and this.
const uint kSparseCorrectSurvivors = 13;

// Specialization constants; 2 is kLinearCorrectInputs.
const uint kSparseCorrectBlocks = 1;  // of 32 neurons that are taken at a time, 1 to 4
const uint kSparseCorrectShares = 3;  // 1: a workgroup's lanes share a chunk of outputs

struct SparseCorrectParams {
    uint neurons;
    uint inputFirst;  // element, a multiple of 4
    uint chunks;      // of outputs
    // 16-byte units of the weight, as ColumnLayout has it
    uint blockUnits;   // from 32 neurons to the next 32
    uint scaleUnits;   // at the head of these
    uint neuronUnits;  // from neuron to neuron
    uint productFirst;
    uint width;
    uint streamStride;  // elements from stream to stream
    uint activeIndex;
    uint groups;
    float epsilon;
};

SHADER_PARAMS_END

#endif
