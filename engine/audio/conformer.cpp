#include "engine/audio/conformer.h"

#include <limits>

#include "engine/base/check.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/norm.h"

namespace engine::audio {

using kernels::Pass;

namespace {

std::uint64_t rowBytes(const gpu::Tensor& tensor, std::uint32_t rows)
{
    return std::uint64_t{rows} * tensor.stride * sizeof(float);
}

}  // namespace

// The activations with as many rows as are in use.
struct Conformer::Buffers {
    Buffers(const Activations& a, std::uint32_t frames)
        : normalized(a.normalized.rowsFrom(0, frames))
        , feedForward(a.feedForward.rowsFrom(0, frames))
        , qkv(a.qkv.rowsFrom(0, frames))
        , attended(a.attended.rowsFrom(0, frames))
        , gates(a.gates.rowsFrom(0, frames))
        , convolved(a.convolvedGates.rowsFrom(0, frames))
        , rows{a.product.rowsFrom(0, frames), a.residual.rowsFrom(0, frames), normalized,
               a.arrivals}
    {
    }

    gpu::Tensor normalized, feedForward, qkv, attended, gates, convolved;
    kernels::ConformerRows rows;
};

kernels::ConformerTail Conformer::tailBefore(const gpu::Tensor& nextNorm) const
{
    kernels::ConformerTail tail;
    tail.nextNorm = nextNorm;
    tail.nextClip = m_config.clip;
    tail.clip = m_config.clip;
    tail.epsilon = m_config.rmsNormEpsilon;
    return tail;
}

void Conformer::record(Pass& pass, const Activations& a, CarriedState& state, const Chunk& chunk,
                       const gpu::Tensor& rows, const gpu::Tensor& taps) const
{
    const std::uint32_t reduction = m_config.reduction;
    ENGINE_CHECK(chunk.frames > 0 && rows.rows == chunk.rows(reduction));
    const auto tap = [&](std::uint32_t stage) {
        if (taps.arena != nullptr)
            pass.copy(a.residual, taps.rowsFrom(stage * chunk.frames, chunk.frames),
                      rowBytes(a.residual, chunk.frames));
    };

    front(pass, a, state, chunk);
    const Buffers buffers(a, chunk.frames);
    kernels::ConformerTail tail = tailBefore(m_weights.blocks.front().start.preNorm);
    tail.addsResidual = false;
    kernels::conformerLinear(pass, m_weights.inputProjection, a.front[1].rowsFrom(0, chunk.frames),
                             tail, buffers.rows);
    tap(0);
    for (std::uint32_t i = 0; i < m_config.layers; ++i) {
        block(pass, buffers, state.blocks[i], i, chunk.firstFrame);
        tap(i + 1);
    }
    if (rows.rows == 0)
        return;

    gpu::Tensor kept = a.residual.rowsFrom(chunk.firstRowFrame(reduction), rows.rows);
    kept.stride *= reduction;
    embed(pass, kept, m_weights.softNorm, a, rows);
}

void Conformer::front(Pass& pass, const Activations& a, CarriedState& state,
                      const Chunk& chunk) const
{
    const auto normalize = [&](std::size_t i, std::uint32_t frames, const gpu::Tensor& output) {
        kernels::CarriedNorm& carried = state.norms[i];
        carried.sums = a.sums[i];
        carried.deviations = a.deviations[i];
        kernels::cumulativeNorm(pass, a.convolved[i].rowsFrom(0, frames), m_weights.frontNorm[i],
                                m_config.groupNormEpsilon, carried, output);
        carried.slot = 1 - carried.slot;
        carried.frames += frames;
    };

    if (chunk.pending > 0)
        pass.copy(state.pending, a.front[0], rowBytes(a.front[0], chunk.pending));
    if (chunk.newFrames > 0) {
        kernels::frontConv(pass, m_config.front[0], a.mel.rowsFrom(0, chunk.melFrames),
                           m_weights.frontConv[0], a.convolved[0].rowsFrom(0, chunk.newFrames),
                           a.sums[0]);
        normalize(0, chunk.newFrames, a.front[0].rowsFrom(chunk.pending, chunk.newFrames));
    }

    const std::uint32_t available = chunk.pending + chunk.newFrames;
    kernels::frontConv(pass, m_config.front[1], a.front[0].rowsFrom(0, available),
                       m_weights.frontConv[1], a.convolved[1].rowsFrom(0, chunk.frames), a.sums[1]);
    normalize(1, chunk.frames, a.front[1].rowsFrom(0, chunk.frames));
    if (chunk.keptFrames > 0)
        pass.copy(a.front[0].rowsFrom(available - chunk.keptFrames, chunk.keptFrames),
                  state.pending, rowBytes(a.front[0], chunk.keptFrames));
}

// Eleven dispatches, of which eight are matrices (spec 03 §4).
void Conformer::block(Pass& pass, const Buffers& b, const kernels::KeptFrames& kept,
                      std::uint32_t index, std::uint32_t firstFrame) const
{
    const BlockWeights& w = m_weights.blocks[index];
    const bool isLast = index + 1 == m_config.layers;

    kernels::siluLinear(pass, w.start.up, b.normalized, b.feedForward);
    kernels::ConformerTail tail = tailBefore(w.preAttentionNorm);
    tail.postNorm = w.start.postNorm;
    tail.residualWeight = m_config.residualWeight;
    kernels::conformerLinear(pass, w.start.down, b.feedForward, tail, b.rows);

    kernels::linear(pass, w.qkv, b.normalized, b.qkv);
    kernels::localAttention(
        pass, {m_config.heads, m_config.headDim, m_config.window, m_config.logitCap}, firstFrame,
        b.qkv, kept.keysValues, w.queryScale, w.positions, b.attended);
    tail = tailBefore(w.preConvNorm);
    tail.postNorm = w.postAttentionNorm;
    tail.nextClip = std::numeric_limits<float>::max();  // the convolution's norm has no clip
    kernels::conformerLinear(pass, w.post, b.attended, tail, b.rows);

    kernels::linear(pass, w.convStart, b.normalized, b.gates);
    kernels::gatedConv(pass, {m_config.convTaps, m_config.clip, m_config.rmsNormEpsilon},
                       firstFrame, b.gates, kept.gated, w.depthwise, w.convNorm, b.convolved);
    kernels::conformerLinear(pass, w.convEnd, b.convolved, tailBefore(w.end.preNorm), b.rows);
    kernels::keepFrames(pass, firstFrame, b.qkv, b.gates, kept);

    kernels::siluLinear(pass, w.end.up, b.normalized, b.feedForward);
    tail = tailBefore(isLast ? gpu::Tensor() : m_weights.blocks[index + 1].start.preNorm);
    tail.postNorm = w.end.postNorm;
    tail.residualWeight = m_config.residualWeight;
    tail.finalNorm = w.finalNorm;
    kernels::conformerLinear(pass, w.end.down, b.feedForward, tail, b.rows);
}

void Conformer::embed(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& norm,
                      const Activations& a, const gpu::Tensor& rows) const
{
    const float epsilon = m_config.rmsNormEpsilon;
    const gpu::Tensor normalized = a.softNormalized.rowsFrom(0, rows.rows);
    const gpu::Tensor projected = a.projected.rowsFrom(0, rows.rows);
    kernels::rmsNorm(pass, input, norm, epsilon, normalized);
    kernels::linear(pass, m_weights.projection, normalized, projected);
    kernels::rmsNorm(pass, projected, m_weights.ones, epsilon, rows);
}

void Conformer::recordHardRow(Pass& pass, const Activations& a, const gpu::Tensor& embedding,
                              const gpu::Tensor& row) const
{
    embed(pass, embedding, m_weights.hardNorm, a, row);
}

}  // namespace engine::audio
