#include "engine/kernels/attention.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "shaders/attention/attention_params.h"
#include "shaders/attention/attention_split_params.h"
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

// Texels suit CPU drivers, where heads are whole units and a view can hold the cache.
bool readsTexels(const Pass& pass, std::uint32_t headDim, const gpu::Tensor& queries,
                 const KvTensors& cache)
{
    const std::uint64_t largest = std::max(queries.bytes, cache.keys.bytes);
    return pass.usesCpuKernels() && headDim % unitOf(cache) == 0 &&
           largest / 16 <= pass.limits().maxTexels;
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
    const bool texels = readsTexels(pass, shape.headDim, queries, cache);
    const std::uint32_t dims = texels ? shape.headDim / unitOf(cache) : shape.headDim;
    pass.dispatch(texels ? Kernel::AttentionTexels : Kernel::Attention, cache.type,
                  {lanes, shape.headDim, (dims + lanes - 1) / lanes}, params,
                  {step, queries, cache.keys, cache.values, output},
                  {queries.rows, shape.heads, 1});
}

void attentionSplit(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                    const gpu::Tensor& queries, const KvTensors& cache, std::uint32_t splits,
                    const SplitScratch& scratch, const gpu::Tensor& output)
{
    ENGINE_CHECK(queries.rows == 1 && output.rows == 1);
    ENGINE_CHECK(queries.columns == shape.heads * shape.headDim);
    ENGINE_CHECK(queries.firstElement == 0 && output.firstElement == 0);
    ENGINE_CHECK(splits > 0 && splits * shape.heads <= scratch.partials.rows);
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
        readsTexels(pass, shape.headDim, queries, cache) ? Kernel::AttentionSplitReadTexels
                                                         : Kernel::AttentionSplit,
        cache.type, {lanes, shape.headDim, headsPerKvHead, (units + lanes - 1) / lanes}, params,
        {step, queries, cache.keys, cache.values, scratch.partials, output, scratch.arrivals},
        {splits, shape.kvHeads, 1});
}

}  // namespace engine::kernels
