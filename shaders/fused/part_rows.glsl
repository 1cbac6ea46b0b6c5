#ifndef SHADERS_FUSED_PART_ROWS_GLSL
#define SHADERS_FUSED_PART_ROWS_GLSL

// Where a workgroup's outputs of a part go that the last workgroup reads: into rows `products`, four
// at a time. A part's outputs begin at whole fours, and are as many. A workgroup has groupRows of them:
// kRows that its lanes share, or where rows are short kRows of each lane.
void computeRows(LinearPart part, uint groupRows, uint group)
{
    const bool isShared = groupRows == kRows;
    const uint firstRow = group * groupRows + (isShared ? 0 : gl_LocalInvocationID.x * kRows);
    float own[kSums];
    multiplyShareOfPart(part, isShared ? gl_LocalInvocationID.x : 0,
                        isShared ? gl_WorkGroupSize.x : 1, firstRow, own);
    float sums[kSums];
    [[unroll]] for (uint r = 0; r < kRows; ++r)
        sums[r] = own[r];
    sumForAll(sums);
    [[unroll]] for (uint r = 0; r < kRows; r += 4) {
        if (firstRow + r < part.rows && (!isShared || gl_LocalInvocationID.x == 0))
            STORE_ROW(products, (part.outputFirst + firstRow + r) / 4,
                      isShared ? vec4(sums[r], sums[r + 1], sums[r + 2], sums[r + 3])
                               : vec4(own[r], own[r + 1], own[r + 2], own[r + 3]));
    }
}

#endif
