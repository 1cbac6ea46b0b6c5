#include "tests/bench/fusions.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>

#include "engine/gpu/commands.h"
#include "engine/kernels/catalogue.h"
#include "engine/kernels/pass.h"
#include "tests/bench/layer_pieces.h"

namespace bench {
namespace {

using engine::Result;
using engine::gpu::CommandBuffer;
using engine::gpu::Context;

using Clock = std::chrono::steady_clock;

// Each piece is measured at least so often and so long: on a machine that does other things too,
// the best of few says little.
constexpr int kLeastTurns = 12;
constexpr std::chrono::seconds kLeastTime{2};

struct Recorded {
    std::unique_ptr<CommandBuffer> commands;
    std::uint32_t dispatches = 0;
    double best = std::numeric_limits<double>::infinity();  // milliseconds of one piece

    Result<void> submit(std::uint32_t repeats)
    {
        const auto start = Clock::now();
        ENGINE_TRY_VOID(commands->submitAndWait());
        const std::chrono::duration<double, std::milli> took = Clock::now() - start;
        best = std::min(best, took.count() / repeats);
        return {};
    }
};

Result<Recorded> record(Context& context, engine::kernels::Catalogue& catalogue,
                        const Piece::Record& piece, std::uint32_t repeats)
{
    Recorded recorded;
    ENGINE_TRY(recorded.commands, CommandBuffer::create(context));
    ENGINE_TRY_VOID(recorded.commands->begin());
    engine::kernels::Pass pass(*recorded.commands, catalogue);
    for (std::uint32_t i = 0; i < repeats; ++i)
        piece(pass);
    ENGINE_TRY(const auto costs, pass.finish());
    recorded.dispatches = static_cast<std::uint32_t>(costs.dispatches / repeats);
    return recorded;
}

}  // namespace

Result<std::vector<Fusion>> measureFusions(Context& context, engine::file::TensorType type,
                                           std::uint32_t repeats)
{
    ENGINE_TRY(const LayerPieces layer, piecesOfALayer(context, type));
    engine::kernels::Catalogue catalogue(context);
    std::vector<Fusion> fusions;
    for (const Piece& piece : layer.pieces) {
        ENGINE_TRY(auto plain, record(context, catalogue, piece.plain, repeats));
        ENGINE_TRY(auto fused, record(context, catalogue, piece.fused, repeats));
        // The first turn compiles the shaders.
        const auto start = Clock::now();
        for (int turn = 0; turn < kLeastTurns || Clock::now() - start < kLeastTime; ++turn) {
            ENGINE_TRY_VOID(plain.submit(repeats));
            ENGINE_TRY_VOID(fused.submit(repeats));
        }
        fusions.push_back({piece.name, plain.dispatches, fused.dispatches, plain.best, fused.best});
    }
    return fusions;
}

}  // namespace bench
