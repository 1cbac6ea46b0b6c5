#include "tests/bench/upload.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <span>

#include "engine/gpu/arena.h"
#include "engine/gpu/uploader.h"

namespace bench {
namespace {

using engine::Result;
using engine::gpu::Arena;
using engine::gpu::Tensor;
using engine::gpu::Uploader;

using Clock = std::chrono::steady_clock;

// The first turn touches the memory. On a machine that does other things too, the best of few says
// little.
constexpr int kTurns = 10;

constexpr std::size_t kPageBytes = 4096;

// Bytes that nobody has touched. They begin on a page, as device memory does: where memory begins
// makes a difference to how fast a processor copies.
class Memory {
public:
    explicit Memory(std::size_t bytes)
        : m_memory(std::make_unique_for_overwrite<std::byte[]>(bytes + kPageBytes))
    {
        void* begin = m_memory.get();
        std::size_t space = bytes + kPageBytes;
        m_bytes = {static_cast<std::byte*>(std::align(kPageBytes, bytes, begin, space)), bytes};
    }

    std::span<std::byte> bytes() const { return m_bytes; }

private:
    std::unique_ptr<std::byte[]> m_memory;
    std::span<std::byte> m_bytes;
};

using CopyPiece = std::function<Result<void>(std::size_t first, std::size_t bytes)>;

Result<void> inPieces(std::size_t bytes, const CopyPiece& copy)
{
    for (std::size_t first = 0; first < bytes; first += Uploader::kPieceBytes)
        ENGINE_TRY_VOID(copy(first, std::min<std::size_t>(Uploader::kPieceBytes, bytes - first)));
    return {};
}

Result<void> copy(std::span<const std::byte> from, const Memory& to)
{
    return inPieces(from.size(), [&](std::size_t first, std::size_t bytes) -> Result<void> {
        std::memcpy(to.bytes().data() + first, from.data() + first, bytes);
        return {};
    });
}

Result<void> upload(Uploader& uploader, std::span<const std::byte> from, const Tensor& to)
{
    ENGINE_TRY_VOID(inPieces(from.size(), [&](std::size_t first, std::size_t bytes) {
        const auto piece = from.subspan(first, bytes);
        return uploader.write(to, first, bytes, [piece](std::span<std::byte> target) {
            std::memcpy(target.data(), piece.data(), piece.size());
        });
    }));
    return uploader.finish();
}

// `ways` in turns; the first is the memcpy that the others are compared with.
struct Way {
    std::string name;
    std::function<Result<void>()> copy;
    double best = std::numeric_limits<double>::infinity();  // seconds

    Result<void> takeTurn()
    {
        const auto start = Clock::now();
        ENGINE_TRY_VOID(copy());
        const std::chrono::duration<double> took = Clock::now() - start;
        best = std::min(best, took.count());
        return {};
    }
};

Result<void> measure(std::vector<Way> ways, std::uint64_t bytes, std::vector<Upload>& uploads)
{
    for (int turn = 0; turn < kTurns; ++turn) {
        for (Way& way : ways)
            ENGINE_TRY_VOID(way.takeTurn());
    }
    for (const Way& way : ways)
        uploads.push_back(
            {way.name, static_cast<double>(bytes) / way.best * 1e-9, ways.front().best / way.best});
    return {};
}

}  // namespace

Result<std::vector<Upload>> measureUploads(engine::gpu::Context& context, std::uint64_t bytes)
{
    const auto makeArena = [&] {
        return Arena::create(context, Arena::placedBytes(context, bytes),
                             engine::gpu::MemoryUse::Device);
    };
    ENGINE_TRY(const auto uploader, Uploader::create(context));
    ENGINE_TRY(const auto ring, Uploader::create(context, Uploader::Way::Staged));
    const std::vector<std::byte> source(bytes, std::byte{1});
    std::vector<Upload> uploads;
    {
        ENGINE_TRY(const auto arena, makeArena());
        const Tensor tensor = arena->placeBytes(bytes);
        const Memory memory(bytes);
        const std::string mapped = arena->mapped().empty() ? "" : ", which is mapped";
        ENGINE_TRY_VOID(
            measure({{"memcpy", [&] { return copy(source, memory); }},
                     {"memcpy of all at once",
                      [&]() -> Result<void> {
                          std::memcpy(memory.bytes().data(), source.data(), bytes);
                          return {};
                      }},
                     {"to the device" + mapped, [&] { return upload(*uploader, source, tensor); }},
                     {"staging ring", [&] { return upload(*ring, source, tensor); }}},
                    bytes, uploads));
    }
    const auto toNewArena = [&]() -> Result<void> {
        ENGINE_TRY(const auto arena, makeArena());
        return upload(*uploader, source, arena->placeBytes(bytes));
    };
    ENGINE_TRY_VOID(measure({{"memcpy to new memory", [&] { return copy(source, Memory(bytes)); }},
                             {"to new memory of the device", toNewArena}},
                            bytes, uploads));
    return uploads;
}

}  // namespace bench
