#ifndef SHADERS_FUSED_PART_ROWS_GLSL
#define SHADERS_FUSED_PART_ROWS_GLSL

// Where a workgroup's outputs of a part go that the last workgroup reads: into rows `products`, by
// lane 0, four at a time. A part's outputs begin at whole fours, and are as many.
void computeRows(LinearPart part, uint group)
{
    const uint firstRow = group * kRows;
    float sums[kSums];
    multiplyPart(part, firstRow, sums);
    sumForAll(sums);
    if (gl_LocalInvocationID.x == 0) {
        [[unroll]] for (uint r = 0; r < kRows; r += 4) {
            if (firstRow + r < part.rows)
                STORE_ROW(products, (part.outputFirst + firstRow + r) / 4,
                          vec4(sums[r], sums[r + 1], sums[r + 2], sums[r + 3]));
        }
    }
}

#endif
