#version 450
#extension GL_GOOGLE_include_directive : require

// Draws one token: of the topK best scores, after temperature, top-p and min-p, in that order.
//
// The best k scores lie in the k slices with the largest maxima, so one workgroup finds first those
// slices and then, among their ids, the candidates in falling order; equal scores go by rising id.
// Finding the best k of n: every lane knows the best of the entries that are its own; the best of
// those is taken, and only the lane it belonged to looks for its next. Then the first lane walks
// over the candidates, as a person would on paper.

#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"
#include "shaders/sampling/sample_params.h"
#include "shaders/sampling/score_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { SampleParams params; };

layout(binding = kSampleStep) readonly buffer Step { StepState state; };
layout(binding = kSampleLogits) readonly buffer Logits { float logits[]; };
layout(binding = kSampleSliceMax) readonly buffer SliceMax { float sliceMax[]; };
layout(binding = kSampleResult) buffer Result { StepResult result; };

shared uint slices[kMaxCandidates];
shared uint ids[kMaxCandidates];
shared float scores[kMaxCandidates];
shared uint winner;

const float kNone = -3.41e38;  // below every score

// Whether (score, id) stands behind (lastScore, lastId) in the order of the candidates.
bool isBehind(float score, uint id, float lastScore, uint lastId)
{
    return score < lastScore || (score == lastScore && id > lastId);
}

// This lane's best slice behind the last one taken from it.
void nextSlice(inout float score, inout uint slice)
{
    const float lastScore = score;
    const uint lastSlice = slice;
    score = kNone;
    for (uint i = gl_LocalInvocationID.x; i < params.slices; i += gl_WorkGroupSize.x) {
        if (sliceMax[i] > score && isBehind(sliceMax[i], i, lastScore, lastSlice)) {
            score = sliceMax[i];
            slice = i;
        }
    }
}

// The same for the ids of the chosen slices.
void nextId(inout float score, inout uint id, uint chosen)
{
    const float lastScore = score;
    const uint lastId = id;
    score = kNone;
    for (uint i = gl_LocalInvocationID.x; i < chosen * kSliceSize; i += gl_WorkGroupSize.x) {
        const uint candidate = slices[i / kSliceSize] * kSliceSize + i % kSliceSize;
        if (candidate >= params.vocabulary)
            continue;
        const float value = logits[candidate];
        if ((value > score || (value == score && candidate < id)) &&
            isBehind(value, candidate, lastScore, lastId)) {
            score = value;
            id = candidate;
        }
    }
}

// The lane whose entry is the best of all, by the order of the candidates. A barrier before and
// after; every lane calls it.
void findWinner(float best, float score, uint entry)
{
    barrier();
    if (gl_LocalInvocationID.x == 0)
        winner = kNoToken;
    barrier();
    if (score == best)
        atomicMin(winner, entry);
    barrier();
}

// How likely a candidate is, where the likeliest has 1. Equal scores are equally likely however cold
// it is: a difference of 0 is not multiplied, as a compiler may first make one factor of the inverse
// temperature and others, and that may be infinite.
float weightOf(uint candidate)
{
    precise const float below = scores[candidate] - scores[0];
    return below == 0.0 ? 1.0 : exp(below * state.inverseTemperature);
}

void draw(uint candidates)
{
    result.token = kNoToken;
    if (candidates == 0)
        return;
    // Softmax over the candidates; the likeliest alone where the temperature is 0.
    uint kept = state.inverseTemperature == 0.0 ? 1 : candidates;
    float total = 0.0;
    for (uint i = 0; i < kept; ++i)
        total += weightOf(i);

    // Top-p: the fewest whose probabilities together reach it. Min-p: none less likely than that
    // share of the likeliest, whose unnormalised probability is 1.
    float sum = 0.0;
    uint within = 0;
    while (within < kept) {
        const float weight = weightOf(within);
        if (within > 0 && (sum >= state.topP * total || weight < state.minP))
            break;
        sum += weight;
        ++within;
    }

    const float target = state.pick * sum;
    float reached = 0.0;
    uint drawn = 0;
    float weight = 0.0;
    for (uint i = 0; i < within; ++i) {
        drawn = i;
        weight = weightOf(i);
        reached += weight;
        if (reached > target)
            break;
    }
    result.token = ids[drawn];
    result.logit = scores[drawn];
    result.probability = weight / sum;
}

void main()
{
    const uint wanted = min(state.topK, kMaxCandidates);

    float score = -kNone;
    uint entry = 0;
    nextSlice(score, entry);
    uint chosen = 0;
    for (; chosen < wanted; ++chosen) {
        const float best = workgroupMax(score);
        if (best == kNone)
            break;
        findWinner(best, score, entry);
        if (score == best && entry == winner) {
            slices[chosen] = entry;
            nextSlice(score, entry);
        }
    }
    barrier();

    score = -kNone;
    entry = 0;
    nextId(score, entry, chosen);
    uint candidates = 0;
    for (; candidates < wanted; ++candidates) {
        const float best = workgroupMax(score);
        if (best == kNone)
            break;
        findWinner(best, score, entry);
        if (score == best && entry == winner) {
            ids[candidates] = entry;
            scores[candidates] = best;
            nextId(score, entry, chosen);
        }
    }
    barrier();

    if (gl_LocalInvocationID.x == 0)
        draw(candidates);
}
