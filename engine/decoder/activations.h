#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/decoder/slice.h"
#include "engine/gpu/arena.h"
#include "engine/kernels/matformer.h"
#include "engine/kernels/sparse.h"
#include "engine/result.h"

namespace engine::decoder {

// Every intermediate tensor of a forward pass, allocated once for `maxRows` rows. Names are those
// of spec 01 §2.5.
struct Activations {
    static Result<Activations> create(gpu::Context& context, const DecoderConfig& config,
                                      std::uint32_t maxRows);

    // The same tensors with as many rows as are in use.
    Activations withRows(std::uint32_t rows) const;

    // Written by the host before each pass.
    gpu::Tensor step;          // StepState
    gpu::Tensor ids;           // [rows] 32-bit token ids
    gpu::Tensor seen;          // a bit for each text id that stands in the conversation
    gpu::Tensor perLayerRows;  // [rows × layers·perLayerInputSize]
    // Read by the host after a decode step.
    gpu::Tensor result;  // StepResult
    gpu::Tensor tally;   // of sparse.tally, whenever somebody asks

    gpu::Tensor normalized;  // n                       [rows × hidden]
    gpu::Tensor queries;     //                         [rows × heads·headDim]
    gpu::Tensor keys;        //                         [rows × kvHeads·headDim]
    gpu::Tensor values;
    gpu::Tensor attended;   // Σ p·v                   [rows × heads·headDim]
    gpu::Tensor attention;  // Wo · attended           [rows × hidden]
    gpu::Tensor residual;   // h, or x in Gemma 3      [rows × hidden]
    gpu::Tensor gate;       // u                       [rows × widest FFN]
    gpu::Tensor up;
    gpu::Tensor gated;
    gpu::Tensor feedForward;  // f before its norm       [rows × hidden]
    gpu::Tensor activated;    // act                     [rows × hidden]
    gpu::Tensor output;       // o after the final norm  [rows × hidden]
    gpu::Tensor logits;       // of one row              [1 × vocabulary]
    gpu::Tensor sliceMax;

    // Gemma 3n
    kernels::Streams streams;       // x                  [inputs × rows × hidden]
    kernels::Streams predictions;   // pred
    kernels::Streams unembedded;    // u                  [inputs - 1 × rows × hidden]
    gpu::Tensor perLayerProjected;  //                    [rows × layers·perLayerInputSize]
    gpu::Tensor perLayerInputs;     // ple
    gpu::Tensor lowRank;            // Ll · n             [rows × laurelRank]
    gpu::Tensor laurel;             // Lr · lowRank       [rows × hidden]
    gpu::Tensor scaled;             // corr_0 ⊙ scale     [rows × hidden]
    gpu::Tensor perLayerGate;       // Wpg · scaled       [rows × perLayerInputSize]
    gpu::Tensor perLayerGated;
    gpu::Tensor perLayerOutput;  // Wpp · …            [rows × hidden]

    // One row's, for kernels::SplitScratch and kernels::Arrivals.
    gpu::Tensor partials;  // [splits·heads × headDim + 4]
    gpu::Tensor arrivals;  // [1 × heads]

    // Where layers are sparse; arrivals are those above.
    kernels::SparseScratch sparse;

    // Shared by the copies that withRows() makes: tensors point into these.
    std::vector<std::shared_ptr<const gpu::Arena>> arenas;

    std::uint64_t bytes() const noexcept;
};

// Per-layer inputs of some layers: as many slabs, of `width` elements, of every row.
gpu::Tensor slabsOf(const gpu::Tensor& perLayerInputs, const LayerRun& layers, std::uint32_t width);

}  // namespace engine::decoder
