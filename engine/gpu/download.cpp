#include "engine/gpu/download.h"

#include <cstring>

#include "engine/gpu/arena.h"
#include "engine/gpu/commands.h"
#include "engine/gpu/recorder.h"

namespace engine::gpu {

Result<std::vector<float>> download(Context& context, const Tensor& tensor)
{
    if (tensor.rows == 0)
        return std::vector<float>();
    const std::uint64_t bytes = std::uint64_t{tensor.rows} * tensor.stride * sizeof(float);
    ENGINE_TRY(const auto arena,
               Arena::create(context, Arena::placedBytes(context, bytes), MemoryUse::HostRead));
    ENGINE_TRY(const auto commands, CommandBuffer::create(context));
    ENGINE_TRY_VOID(commands->begin());
    Recorder(*commands).copy(tensor, arena->placeBytes(bytes), bytes);
    ENGINE_TRY_VOID(commands->submitAndWait());

    std::vector<float> values(std::size_t{tensor.rows} * tensor.columns);
    for (std::size_t row = 0; row < tensor.rows; ++row)
        std::memcpy(values.data() + row * tensor.columns,
                    arena->mapped().data() + row * tensor.stride * sizeof(float),
                    tensor.columns * sizeof(float));
    return values;
}

}  // namespace engine::gpu
