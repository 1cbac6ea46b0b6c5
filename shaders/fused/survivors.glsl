#ifndef SHADERS_FUSED_SURVIVORS_GLSL
#define SHADERS_FUSED_SURVIVORS_GLSL

// Neurons whose gate was not cut, a bit each: a word has 32, which share blocks of weights, and what
// takes neurons takes kBlocks words at a time, those of a range. The including shader has kBlocks, 1 to
// 4.

const uint kBlock = 32;
const uint kRange = kBlock * kBlocks;

bool isAnyLeft(uvec4 left) { return left != uvec4(0); }

// Which of a range comes first; it is not among them any more. There is one.
uint takeFirst(inout uvec4 left)
{
    const uint word = left.x != 0 ? 0 : left.y != 0 ? 1 : left.z != 0 ? 2 : 3;
    const uint bits = left.x != 0 ? left.x : left.y != 0 ? left.y : left.z != 0 ? left.z : left.w;
    left = mix(left, left & (left - 1u), equal(uvec4(word), uvec4(0, 1, 2, 3)));
    return kBlock * word + uint(findLSB(bits));
}

#endif
