#include "engine/kernels/attention.h"

#include <cmath>

#include "engine/base/check.h"
#include "engine/kernels/linear_tile.h"
#include "shaders/attention/attention_params.h"
#include "shaders/attention/attention_split_params.h"
#include "shaders/attention/attention_subgroup_params.h"
#include "shaders/attention/qkv_norm_rope_params.h"

namespace engine::kernels {
namespace {

// Heads that a dispatch works on; 0 leaves out the queries, or the keys and values.
struct HeadCounts {
    std::uint32_t queries;
    std::uint32_t kv;
};

void dispatchNormRope(Pass& pass, const gpu::Tensor& step, std::uint32_t headDim,
                      const HeadCounts& heads, const RopeShape& rope, const HeadNorms& norms,
                      const QkvTensors& qkv, const KvTensors& cache)
{
    const shader::QkvNormRopeParams params{
        .heads = heads.queries,
        .kvHeads = heads.kv,
        .headDim = headDim,
        .queryStride = qkv.queries.stride,
        .kvStride = qkv.keys.stride,
        .cacheStride = cache.keys.stride,
        .ring = cache.keys.rows,
        .logTheta = std::log(rope.theta),
        .positionScale = rope.positionScale,
        .epsilon = norms.epsilon,
    };
    pass.dispatch(
        Kernel::QkvNormRope, cache.type, {pass.sizes().head, norms.normalizesValues ? 1U : 0U},
        params,
        {step, qkv.queries, qkv.keys, qkv.values, norms.query, norms.key, cache.keys, cache.values},
        {qkv.queries.rows, heads.queries + 2 * heads.kv, 1});
}

// Elements in 16 bytes.
std::uint32_t unitOf(const KvTensors& cache)
{
    return cache.type == file::TensorType::F16 ? 8 : 4;
}

// Whether the form for CPU drivers can run: heads are whole units, and a view holds the cache.
bool runsInSubgroups(const Pass& pass, std::uint32_t headDim, const gpu::Tensor& queries,
                     const KvTensors& cache)
{
    return pass.usesCpuKernels() && pass.limits().subgroupsShuffle &&
           headDim % unitOf(cache) == 0 && fitsTexels(pass, queries) &&
           fitsTexels(pass, cache.keys);
}

// Query heads of one key head that a subgroup does together. Each lane holds its part of their
// queries and of their outputs.
std::uint32_t headsAtOnce(std::uint32_t headsPerKvHead, std::uint32_t headDim, std::uint32_t lanes)
{
    constexpr std::uint32_t kMostDimsPerLane = 128;
    std::uint32_t heads = 4;
    while (heads > 1 && (headsPerKvHead % heads != 0 || heads * headDim > kMostDimsPerLane * lanes))
        --heads;
    return heads;
}

// With one split there is nothing to share, and no scratch.
void attentionSubgroup(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                       const gpu::Tensor& queries, const KvTensors& cache, std::uint32_t splits,
                       const SplitScratch* scratch, const gpu::Tensor& output)
{
    const std::uint32_t headsPerKvHead = shape.heads / shape.kvHeads;
    const shader::AttentionSubgroupParams params{
        .headsPerKvHead = headsPerKvHead,
        .queryStride = queries.stride,
        .cacheStride = cache.keys.stride,
        .outputStride = output.stride,
        .ring = cache.keys.rows,
        .window = shape.window,
        .scale = shape.scale,
        .zero = 0,
    };
    const bool isShared = splits > 1;
    const std::uint32_t lanes = pass.limits().subgroupSize;
    const std::uint32_t heads = headsAtOnce(headsPerKvHead, shape.headDim, lanes);
    const std::uint32_t units = shape.headDim / unitOf(cache);
    // Where keys are not shared, what is bound in place of the scratch is not touched.
    pass.dispatch(Kernel::AttentionSubgroup, cache.type,
                  {lanes, shape.headDim, heads, (units + lanes - 1) / lanes, isShared ? 1U : 0U},
                  params,
                  {step, queries, cache.keys, cache.values, isShared ? scratch->partials : output,
                   output, isShared ? scratch->arrivals : output},
                  {queries.rows, shape.heads / heads, splits});
}

}  // namespace

void qkvNormRope(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                 const RopeShape& rope, const HeadNorms& norms, const QkvTensors& qkv,
                 const KvTensors& cache)
{
    ENGINE_CHECK(qkv.keys.columns == shape.kvHeads * shape.headDim);
    ENGINE_CHECK(cache.keys.columns == qkv.keys.columns);
    ENGINE_CHECK(qkv.queries.columns == shape.heads * shape.headDim);
    dispatchNormRope(pass, step, shape.headDim, {shape.heads, shape.kvHeads}, rope, norms, qkv,
                     cache);
}

void queryNormRope(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                   const RopeShape& rope, const HeadNorms& norms, const gpu::Tensor& queries)
{
    ENGINE_CHECK(queries.columns == shape.heads * shape.headDim);
    // No key or value head is dispatched; what is bound in their places is not touched.
    HeadNorms queryOnly = norms;
    queryOnly.key = norms.query;
    dispatchNormRope(pass, step, shape.headDim, {shape.heads, 0}, rope, queryOnly,
                     {queries, norms.query, norms.query},
                     {queries, queries, file::TensorType::F32});
}

void keyValueNormRope(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                      const RopeShape& rope, const HeadNorms& norms, const gpu::Tensor& keys,
                      const gpu::Tensor& values, const KvTensors& cache)
{
    ENGINE_CHECK(keys.columns == shape.kvHeads * shape.headDim);
    ENGINE_CHECK(cache.keys.columns == keys.columns);
    dispatchNormRope(pass, step, shape.headDim, {0, shape.kvHeads}, rope, norms,
                     {keys, keys, values}, cache);
}

void attention(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
               const gpu::Tensor& queries, const KvTensors& cache, const gpu::Tensor& output)
{
    ENGINE_CHECK(queries.rows == output.rows && queries.columns == output.columns);
    ENGINE_CHECK(queries.columns == shape.heads * shape.headDim);
    ENGINE_CHECK(queries.firstElement == 0 && output.firstElement == 0);
    if (runsInSubgroups(pass, shape.headDim, queries, cache)) {
        attentionSubgroup(pass, step, shape, queries, cache, 1, nullptr, output);
        return;
    }
    const shader::AttentionParams params{
        .headsPerKvHead = shape.heads / shape.kvHeads,
        .queryStride = queries.stride,
        .cacheStride = cache.keys.stride,
        .outputStride = output.stride,
        .ring = cache.keys.rows,
        .window = shape.window,
        .scale = shape.scale,
    };
    const std::uint32_t lanes = pass.sizes().attention;
    pass.dispatch(
        Kernel::Attention, cache.type, {lanes, shape.headDim, (shape.headDim + lanes - 1) / lanes},
        params, {step, queries, cache.keys, cache.values, output}, {queries.rows, shape.heads, 1});
}

void attentionSplit(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                    const gpu::Tensor& queries, const KvTensors& cache, std::uint32_t splits,
                    const SplitScratch& scratch, const gpu::Tensor& output)
{
    ENGINE_CHECK(queries.rows == 1 && output.rows == 1);
    ENGINE_CHECK(queries.columns == shape.heads * shape.headDim);
    ENGINE_CHECK(queries.firstElement == 0 && output.firstElement == 0);
    ENGINE_CHECK(splits > 0 && splits * shape.heads <= scratch.partials.rows);
    ENGINE_CHECK(scratch.partials.columns >= shape.headDim + 4);
    ENGINE_CHECK(scratch.arrivals.columns >= shape.heads);
    if (runsInSubgroups(pass, shape.headDim, queries, cache)) {
        attentionSubgroup(pass, step, shape, queries, cache, splits, &scratch, output);
        return;
    }
    // More heads on one key head than any model has would not fit in registers.
    constexpr std::uint32_t kMostHeadsPerKvHead = 8;
    const std::uint32_t headsPerKvHead = shape.heads / shape.kvHeads;
    if (shape.headDim % unitOf(cache) != 0 || headsPerKvHead > kMostHeadsPerKvHead) {
        attention(pass, step, shape, queries, cache, output);
        return;
    }
    const shader::AttentionSplitParams params{
        .cacheStride = cache.keys.stride,
        .ring = cache.keys.rows,
        .window = shape.window,
        .scale = shape.scale,
        .splits = splits,
    };
    const std::uint32_t lanes = pass.sizes().attention;
    const std::uint32_t units = shape.headDim / unitOf(cache);
    pass.dispatch(
        Kernel::AttentionSplit, cache.type,
        {lanes, shape.headDim, headsPerKvHead, (units + lanes - 1) / lanes}, params,
        {step, queries, cache.keys, cache.values, scratch.partials, output, scratch.arrivals},
        {splits, shape.kvHeads, 1});
}

}  // namespace engine::kernels
