#ifndef SHADERS_FUSED_PART_PRODUCT_GLSL
#define SHADERS_FUSED_PART_PRODUCT_GLSL

// Products of matrices and one row, as linear.comp does them, for shaders that do something with
// them right away. The including shader defines WEIGHT_BINDING and LINEAR_INPUT, the bindings'
// numbers, and has included linear_part.h.

layout(constant_id = kPartRowsPerGroup) const uint kRows = 8;
const uint kTokens = 1;

#include "shaders/linear/product.glsl"
#include "shaders/linear/lane_sums.glsl"

// Workgroups that a part takes.
uint groupsOf(LinearPart part) { return (part.rows + kRows - 1) / kRows; }

uint groupIndex() { return gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x; }

// This lane's share of outputs [firstRow, firstRow + kRows), as one of so many that share them.
void multiplyShareOfPart(LinearPart part, uint lane, uint lanes, uint firstRow, out float sums[kSums])
{
    multiplyShare(Product(part.columns, part.rows, part.rowUnits, part.rowChunks, part.firstUnit, 1, 0,
                          part.inputFirst),
                  lane, lanes, firstRow, 0, sums);
}

// This lane's share of outputs [firstRow, firstRow + kRows) of a part.
void multiplyPart(LinearPart part, uint firstRow, out float sums[kSums])
{
    multiplyShareOfPart(part, gl_LocalInvocationID.x, gl_WorkGroupSize.x, firstRow, sums);
}

#endif
