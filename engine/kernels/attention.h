#pragma once

#include <cstdint>

#include "engine/gpu/tensor.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// The heads of one layer and what they see.
struct AttentionShape {
    std::uint32_t heads = 0;
    std::uint32_t kvHeads = 0;
    std::uint32_t headDim = 0;
    std::uint32_t window = 0;  // keys that a query sees, itself included; 0: all before it
    float scale = 1.0F;
};

struct RopeShape {
    float theta = 0.0F;
    float positionScale = 1.0F;  // 1 / linear scaling factor
};

// One layer's cache, [slots × kvHeads·headDim] each, in F32 or F16: position p lies in slot p mod
// slots. Heads of a cache in F16 are whole units of 16 bytes.
struct KvTensors {
    gpu::Tensor keys;
    gpu::Tensor values;
    file::TensorType type = file::TensorType::F32;
};

// What several workgroups that share the keys of a head leave for the last of them.
struct SplitScratch {
    gpu::Tensor partials;  // [splits·heads × headDim + 4], or more
    gpu::Tensor arrivals;  // a word for each head, zero before and after
};

struct QkvTensors {
    gpu::Tensor queries;  // [rows × heads·headDim], made ready in place
    gpu::Tensor keys;     // [rows × kvHeads·headDim]
    gpu::Tensor values;
};

struct HeadNorms {
    gpu::Tensor query;  // [headDim]
    gpu::Tensor key;    // the same; not needed by a layer that borrows
    float epsilon = 0.0F;
    bool normalizesValues = false;
};

// Normalises and rotates queries in place, keys on their way to the cache; values are normalised
// without a weight on theirs. Positions come from the StepState in `step`.
void qkvNormRope(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                 const RopeShape& rope, const HeadNorms& norms, const QkvTensors& qkv,
                 const KvTensors& cache);

// The same for a layer that borrows its keys and values: queries only.
void queryNormRope(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                   const RopeShape& rope, const HeadNorms& norms, const gpu::Tensor& queries);

// The same for rows whose queries nobody will ask: keys and values only.
void keyValueNormRope(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                      const RopeShape& rope, const HeadNorms& norms, const gpu::Tensor& keys,
                      const gpu::Tensor& values, const KvTensors& cache);

// output[t][h] = softmax(scale · q · kᵀ) · v over the positions that the query may see.
void attention(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
               const gpu::Tensor& queries, const KvTensors& cache, const gpu::Tensor& output);

// The same for one row, whose keys are shared by `splits` workgroups. With a head dimension that is
// no whole number of 16-byte units it is attention().
void attentionSplit(Pass& pass, const gpu::Tensor& step, const AttentionShape& shape,
                    const gpu::Tensor& queries, const KvTensors& cache, std::uint32_t splits,
                    const SplitScratch& scratch, const gpu::Tensor& output);

}  // namespace engine::kernels
