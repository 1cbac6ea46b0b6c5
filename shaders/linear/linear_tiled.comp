#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// linear.comp for many rows of the input, as GPUs want it:
//
//     y[t][o] = Σ_i W[o][i] · x[t][i]
//
// One workgroup computes a tile of outputs and tokens, kDepth columns at a time. Its lanes put weights,
// each decoded once for the tile, and inputs into shared memory, and from there every lane adds to its
// own sums, in fp32. What comes next is on its way from memory meanwhile. Groups along x (and z, where
// x would not suffice) are outputs, along y input rows.

#include "shaders/linear/linear_params.h"
#include "shaders/linear/linear_tiled_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kLinearTiledRows) const uint kTileRows = 64;
layout(constant_id = kLinearTiledTokens) const uint kTileTokens = 64;
layout(constant_id = kLinearTiledLaneRows) const uint kLaneRows = 4;
layout(constant_id = kLinearTiledLaneTokens) const uint kLaneTokens = 4;

layout(push_constant) uniform Push { LinearParams params; };

layout(binding = kLinearInput) readonly buffer Input { vec4 x[]; };
layout(binding = kLinearOutput) writeonly buffer Output { float y[]; };

#define WEIGHT_BINDING kLinearWeight
#include "shaders/include/weights.glsl"

// Lanes lie along the tile's outputs, then along its tokens. What is one lane's is spread over the tile,
// so that neighbours read and write side by side.
const uint kRowLanes = kTileRows / kLaneRows;
const uint kTokenLanes = kTileTokens / kLaneTokens;
const uint kLanes = kRowLanes * kTokenLanes;
const uint kSums = kLaneRows * kLaneTokens;

const uint kVectors = kLinearTiledDepth / 4;  // of a row of the tile
const uint kRowChunks = kLinearTiledDepth / kChunk;
const uint kChunks = kTileRows * kRowChunks;
const uint kInputs = kTileTokens * kVectors;
const uint kLaneChunks = (kChunks + kLanes - 1) / kLanes;
const uint kLaneInputs = (kInputs + kLanes - 1) / kLanes;

shared vec4 weights[kTileRows * kVectors];
shared vec4 inputs[kInputs];

// What a lane brings for the next columns, as it is stored.
uvec4 nextShared[kLaneChunks][kShared];
uvec4 nextUnits[kLaneChunks][kUnits];
vec4 nextInputs[kLaneInputs];

// Where a vector of a row of a tile lies: neighbouring rows have theirs in different banks.
uint place(uint row, uint vector) { return row * kVectors + (vector ^ (row % kVectors)); }

// Rows and tokens behind the last are the last again: what is made of them is not written. Columns
// behind the last are zeros, whatever lies there.
void fetch(uint step, uint firstRow, uint firstToken)
{
    const uint chunks = (params.columns + kChunk - 1) / kChunk;
    [[unroll]] for (uint i = 0; i < kLaneChunks; ++i) {
        const uint index = i * kLanes + gl_LocalInvocationID.x;
        if (index < kChunks) {
            const uint row = min(firstRow + index / kRowChunks, params.rows - 1);
            const uint chunk = min(step * kRowChunks + index % kRowChunks, chunks - 1);
            const WeightRow from = WeightRow(row * params.rowUnits, params.rowChunks);
            loadShared(from, chunk / kSides, nextShared[i]);
            loadUnits(from, chunk / kSides, chunk % kSides, nextUnits[i]);
        }
    }
    const uint vectors = (params.columns + 3) / 4;
    [[unroll]] for (uint i = 0; i < kLaneInputs; ++i) {
        const uint index = i * kLanes + gl_LocalInvocationID.x;
        const uint token = min(firstToken + index / kVectors, params.tokens - 1);
        const uint vector = step * kVectors + index % kVectors;
        nextInputs[i] = vec4(0.0);
        if (index < kInputs && vector < vectors)
            nextInputs[i] = x[(params.inputFirst + token * params.inputStride) / 4 + vector];
    }
}

void putIntoTile(uint step)
{
    [[unroll]] for (uint i = 0; i < kLaneChunks; ++i) {
        const uint index = i * kLanes + gl_LocalInvocationID.x;
        if (index < kChunks) {
            const uint chunk = step * kRowChunks + index % kRowChunks;
            const uint pair = chunk / kSides;
            const uint side = chunk % kSides;
            const bool isInside = chunk * kChunk < params.columns;
            float scales[kScales];
            float offsets[kScales];
            loadScales(pair, side, nextShared[i], scales, offsets);
            [[unroll]] for (uint v = 0; v < kChunk / 4; ++v) {
                vec4 values = quantsOf(pair, side, nextShared[i], nextUnits[i], v);
                const uint piece = v * kScales / (kChunk / 4);
                if (kIsScaled)
                    values = scales[piece] * values + offsets[piece];
                weights[place(index / kRowChunks, index % kRowChunks * (kChunk / 4) + v)] =
                    isInside ? values : vec4(0.0);
            }
        }
    }
    [[unroll]] for (uint i = 0; i < kLaneInputs; ++i) {
        const uint index = i * kLanes + gl_LocalInvocationID.x;
        if (index < kInputs)
            inputs[place(index / kVectors, index % kVectors)] = nextInputs[i];
    }
}

void multiplyTile(uint laneRow, uint laneToken, inout float sums[kSums])
{
    [[unroll]] for (uint v = 0; v < kVectors; ++v) {
        vec4 w[kLaneRows];
        [[unroll]] for (uint r = 0; r < kLaneRows; ++r)
            w[r] = weights[place(laneRow + r * kRowLanes, v)];
        [[unroll]] for (uint t = 0; t < kLaneTokens; ++t) {
            const vec4 from = inputs[place(laneToken + t * kTokenLanes, v)];
            [[unroll]] for (uint r = 0; r < kLaneRows; ++r) {
                float sum = sums[r * kLaneTokens + t];
                sum += w[r].x * from.x;
                sum += w[r].y * from.y;
                sum += w[r].z * from.z;
                sum += w[r].w * from.w;
                sums[r * kLaneTokens + t] = sum;
            }
        }
    }
}

void main()
{
    const uint firstRow = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * kTileRows;
    const uint firstToken = gl_WorkGroupID.y * kTileTokens;
    if (firstRow >= params.rows)
        return;
    const uint laneRow = gl_LocalInvocationID.x % kRowLanes;
    const uint laneToken = gl_LocalInvocationID.x / kRowLanes;

    float sums[kSums];
    [[unroll]] for (uint i = 0; i < kSums; ++i)
        sums[i] = 0.0;
    const uint steps = (params.columns + kLinearTiledDepth - 1) / kLinearTiledDepth;
    fetch(0, firstRow, firstToken);
    for (uint step = 0; step < steps; ++step) {
        barrier();
        putIntoTile(step);
        barrier();
        if (step + 1 < steps)
            fetch(step + 1, firstRow, firstToken);
        multiplyTile(laneRow, laneToken, sums);
    }

    [[unroll]] for (uint t = 0; t < kLaneTokens; ++t) {
        const uint token = firstToken + laneToken + t * kTokenLanes;
        [[unroll]] for (uint r = 0; r < kLaneRows; ++r) {
            const uint row = firstRow + laneRow + r * kRowLanes;
            if (row < params.rows && token < params.tokens)
                y[params.outputFirst + token * params.outputStride + row] =
                    sums[r * kLaneTokens + t];
        }
    }
}
