#ifndef SHADERS_LINEAR_LANE_SUMS_GLSL
#define SHADERS_LINEAR_LANE_SUMS_GLSL

// Sums over the workgroup of kSums values, of which every lane has its share, each for one lane:
//
//     sumForLanes(sums, own)    own[j], of kOwn, is the sum number ownIndex(j); none from kSums on
//     sumForAll(sums)           each sum in every lane
//
// The including shader has kSums, and reduce.glsl. Where a CPU driver runs one subgroup, lanes trade
// halves of what they have until each has one whole sum: it shuffles lanes in one instruction, and
// sums over them lane by lane.

#if defined(READ_TEXELS)
#extension GL_KHR_shader_subgroup_shuffle : require
const uint kLanes = gl_WorkGroupSize.x;
const uint kTrades = kLanes > 16 ? 0 : kSums % kLanes != 0 ? 0 : kIsOneSubgroup;
const uint kOwn = kTrades != 0 ? kSums / kLanes : kSums;

// Of 2 · COUNT values, COUNT are left: of each pair the second in lanes with this bit, the first in the
// others.
#define TRADE(COUNT, BIT)                                                                          \
    [[unroll]] for (uint i_ = 0; i_ < COUNT; ++i_) {                                               \
        const bool isSecond_ = (gl_SubgroupInvocationID & BIT) != 0;                               \
        const float kept_ = isSecond_ ? shares[2 * i_ + 1] : shares[2 * i_];                       \
        const float given_ = isSecond_ ? shares[2 * i_] : shares[2 * i_ + 1];                      \
        shares[i_] = kept_ + subgroupShuffleXor(given_, BIT);                                      \
    }

void tradeSums(float sums[kSums], out float own[kOwn])
{
    [[unroll]] for (uint j = 0; j < kOwn; ++j) {
        float shares[kLanes];
        [[unroll]] for (uint i = 0; i < kLanes; ++i)
            shares[i] = sums[j * kLanes + i];
        TRADE(kLanes / 2, 1u)
        TRADE(kLanes / 4, 2u)
        TRADE(kLanes / 8, 4u)
        TRADE(kLanes / 16, 8u)
        own[j] = shares[0];
    }
}

uint ownIndex(uint j)
{
    if (kTrades != 0)
        return j * kLanes + gl_SubgroupInvocationID;
    return gl_LocalInvocationID.x == 0 ? j : kSums;
}
#else
const uint kOwn = kSums;

uint ownIndex(uint j) { return gl_LocalInvocationID.x == 0 ? j : kSums; }
#endif

void sumForLanes(float sums[kSums], out float own[kOwn])
{
#if defined(READ_TEXELS)
    if (kTrades != 0) {
        tradeSums(sums, own);
        return;
    }
#endif
    [[unroll]] for (uint j = 0; j < kOwn; ++j)
        own[j] = workgroupSum(sums[j]);
}

void sumForAll(inout float sums[kSums])
{
#if defined(READ_TEXELS)
    if (kTrades != 0) {
        float own[kOwn];
        tradeSums(sums, own);
        [[unroll]] for (uint s = 0; s < kSums; ++s)
            sums[s] = subgroupShuffle(own[s / kLanes], s % kLanes);
        return;
    }
#endif
    [[unroll]] for (uint s = 0; s < kSums; ++s)
        sums[s] = workgroupSum(sums[s]);
}

#endif
