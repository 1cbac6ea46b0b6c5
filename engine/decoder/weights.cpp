#include "engine/decoder/weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>

#include "engine/base/check.h"
#include "engine/file/dequantize.h"
#include "engine/file/mapped_file.h"
#include "engine/gpu/uploader.h"
#include "engine/kernels/shader_code.h"
#include "engine/log.h"

namespace engine::decoder {
namespace {

using file::TensorType;

// An arena is one allocation; several of this size fit where one large one may not.
constexpr std::uint64_t kArenaBytes = std::uint64_t{512} << 20;
constexpr std::uint64_t kFloatRowAlignment = 16;

bool isFloat(TensorType type)
{
    return type == TensorType::F32 || type == TensorType::F16 || type == TensorType::BF16;
}

// How a matrix lies on the device.
struct Layout {
    TensorType type;
    std::uint64_t rowBytes;
};

Layout layoutOf(const MatrixSource& source)
{
    if (!kernels::isOnDevice(source.type)) {
        const auto& q8 = file::typeInfo(TensorType::Q8_0);
        return {TensorType::Q8_0, std::uint64_t{source.columns} / q8.blockElements * q8.blockBytes};
    }
    if (!isFloat(source.type))
        return {source.type, source.rowBytes};
    return {source.type,
            (source.rowBytes + kFloatRowAlignment - 1) / kFloatRowAlignment * kFloatRowAlignment};
}

// One matrix or vector and where it goes.
struct Item {
    const MatrixSource* matrixSource = nullptr;
    kernels::Matrix* matrix = nullptr;
    const VectorSource* vectorSource = nullptr;
    gpu::Tensor* vector = nullptr;
};

std::vector<Item> listItems(const DecoderSources& sources, Weights& weights)
{
    std::vector<Item> items;
    const auto matrix = [&items](const MatrixSource& source, kernels::Matrix& target) {
        if (source.isPresent())
            items.push_back({&source, &target, nullptr, nullptr});
    };
    const auto vector = [&items](const VectorSource& source, gpu::Tensor& target) {
        if (source.isPresent())
            items.push_back({nullptr, nullptr, &source, &target});
    };

    matrix(sources.embedTokens, weights.embedTokens);
    vector(sources.finalNorm, weights.finalNorm);
    matrix(sources.perLayerModelProjection, weights.perLayerModelProjection);
    vector(sources.perLayerProjectionNorm, weights.perLayerProjectionNorm);
    weights.altupProjections.resize(sources.altupProjections.size());
    weights.altupUnembedProjections.resize(sources.altupUnembedProjections.size());
    for (std::size_t i = 0; i < sources.altupProjections.size(); ++i)
        matrix(sources.altupProjections[i], weights.altupProjections[i]);
    for (std::size_t i = 0; i < sources.altupUnembedProjections.size(); ++i)
        matrix(sources.altupUnembedProjections[i], weights.altupUnembedProjections[i]);

    weights.layers.resize(sources.layers.size());
    for (std::size_t i = 0; i < sources.layers.size(); ++i) {
        const LayerSources& from = sources.layers[i];
        LayerWeights& to = weights.layers[i];
        matrix(from.qProj, to.qProj);
        matrix(from.kProj, to.kProj);
        matrix(from.vProj, to.vProj);
        matrix(from.oProj, to.oProj);
        matrix(from.gateProj, to.gateProj);
        matrix(from.upProj, to.upProj);
        matrix(from.downProj, to.downProj);
        matrix(from.laurelLeft, to.laurelLeft);
        matrix(from.laurelRight, to.laurelRight);
        matrix(from.perLayerInputGate, to.perLayerInputGate);
        matrix(from.perLayerProjection, to.perLayerProjection);
        vector(from.qNorm, to.qNorm);
        vector(from.kNorm, to.kNorm);
        vector(from.inputNorm, to.inputNorm);
        vector(from.postAttentionNorm, to.postAttentionNorm);
        vector(from.preFeedforwardNorm, to.preFeedforwardNorm);
        vector(from.postFeedforwardNorm, to.postFeedforwardNorm);
        vector(from.postLaurelNorm, to.postLaurelNorm);
        vector(from.altupRouterNorm, to.altupRouter.norm);
        vector(from.altupRouter, to.altupRouter.router);
        vector(from.altupPredictionCoefs, to.altupPredictionCoefs);
        vector(from.altupCorrectionCoefs, to.altupCorrectionCoefs);
        vector(from.altupCorrectScale, to.altupCorrectScale);
        vector(from.postPerLayerInputNorm, to.postPerLayerInputNorm);
    }
    return items;
}

// Rows of each window: whole rows, and no more bytes than can be bound at once.
std::vector<kernels::Matrix::Window> windowsOf(const MatrixSource& source, std::uint64_t rowBytes,
                                               std::uint64_t maxBytes)
{
    const std::uint64_t rowsPerWindow = std::max<std::uint64_t>(maxBytes / rowBytes, 1);
    std::vector<kernels::Matrix::Window> windows;
    for (std::uint64_t row = 0; row < source.rows; row += rowsPerWindow) {
        kernels::Matrix::Window window;
        window.firstRow = static_cast<std::uint32_t>(row);
        window.rows =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(rowsPerWindow, source.rows - row));
        windows.push_back(window);
    }
    return windows;
}

// Gives every tensor a place in an arena, in two rounds: sizes first, then the arenas.
class Placement {
public:
    explicit Placement(gpu::Context& context)
        : m_context(context)
        , m_limit(std::min(kArenaBytes, context.limits().maxAllocation))
    {
    }

    void add(gpu::Tensor& tensor, std::uint64_t bytes)
    {
        const std::uint64_t placed = gpu::Arena::placedBytes(m_context, bytes);
        if (m_sizes.empty() || m_sizes.back() + placed > m_limit)
            m_sizes.push_back(0);
        m_sizes.back() += placed;
        m_entries.push_back({&tensor, bytes, m_sizes.size() - 1});
    }

    Result<void> allocate(Weights& weights)
    {
        for (const std::uint64_t size : m_sizes) {
            ENGINE_TRY(auto arena, gpu::Arena::create(m_context, size, gpu::MemoryUse::Device));
            weights.bytes += arena->size();
            weights.arenas.push_back(std::move(arena));
        }
        for (const Entry& entry : m_entries)
            *entry.tensor = weights.arenas[entry.arena]->placeBytes(entry.bytes);
        return {};
    }

private:
    struct Entry {
        gpu::Tensor* tensor;
        std::uint64_t bytes;
        std::size_t arena;
    };

    gpu::Context& m_context;
    std::uint64_t m_limit;
    std::vector<std::uint64_t> m_sizes;
    std::vector<Entry> m_entries;
};

// Copies rows in pieces, and tells how far it got.
class Copier {
public:
    Copier(gpu::Uploader& uploader, const file::TensorTable& files, const UploadProgress& progress,
           std::uint64_t total, const std::stop_token& stop)
        : m_uploader(uploader)
        , m_files(files)
        , m_progress(progress)
        , m_total(total)
        , m_stop(stop)
    {
    }

    Result<void> copyMatrix(const MatrixSource& source, const kernels::Matrix& matrix)
    {
        const std::uint64_t rowsPerPiece = std::max<std::uint64_t>(
            gpu::Uploader::kPieceBytes / std::max(matrix.rowBytes, source.rowBytes), 1);
        if (matrix.rowBytes > gpu::Uploader::kPieceBytes)
            return Error{ErrorCode::UnsupportedModel,
                         "The rows of tensor '" + source.name + "' are too long for this device."};
        for (const auto& window : matrix.windows) {
            for (std::uint64_t row = 0; row < window.rows; row += rowsPerPiece) {
                const std::uint64_t rows = std::min<std::uint64_t>(rowsPerPiece, window.rows - row);
                const auto bytes = source.bytes.subspan((window.firstRow + row) * source.rowBytes,
                                                        rows * source.rowBytes);
                ENGINE_TRY_VOID(m_uploader.write(
                    window.data, row * matrix.rowBytes, rows * matrix.rowBytes,
                    [&](std::span<std::byte> target) { fillRows(source, matrix, bytes, target); }));
                ENGINE_TRY_VOID(finishPiece(bytes));
            }
        }
        return {};
    }

    Result<void> copyVector(const VectorSource& source, const gpu::Tensor& tensor)
    {
        std::vector<float> values(source.size);
        file::dequantize(source.type, source.bytes, values);
        for (float& value : values) {
            if (!std::isfinite(value))
                return Error{ErrorCode::InvalidFile,
                             "Tensor '" + source.name +
                                 "' holds a value that is not a number; the file is damaged."};
            value += source.offset;
            if (source.clip > 0.0F)
                value = std::clamp(value, -source.clip, source.clip);
        }
        const auto bytes = std::as_bytes(std::span(values));
        if (bytes.size() > gpu::Uploader::kPieceBytes)
            return Error{ErrorCode::UnsupportedModel,
                         "Tensor '" + source.name + "' is larger than any model's."};
        ENGINE_TRY_VOID(
            m_uploader.write(tensor, 0, bytes.size(), [bytes](std::span<std::byte> target) {
                std::memcpy(target.data(), bytes.data(), bytes.size());
            }));
        return finishPiece(source.bytes);
    }

private:
    static void fillRows(const MatrixSource& source, const kernels::Matrix& matrix,
                         std::span<const std::byte> bytes, std::span<std::byte> target)
    {
        if (matrix.type == source.type && matrix.rowBytes == source.rowBytes) {
            std::memcpy(target.data(), bytes.data(), bytes.size());
            return;
        }
        std::vector<float> values(source.columns);
        for (std::uint64_t row = 0; row * source.rowBytes < bytes.size(); ++row) {
            const auto from = bytes.subspan(row * source.rowBytes, source.rowBytes);
            const auto to = target.subspan(row * matrix.rowBytes, matrix.rowBytes);
            if (matrix.type == source.type) {
                std::memcpy(to.data(), from.data(), from.size());
                std::memset(to.data() + from.size(), 0, to.size() - from.size());
            } else {
                file::dequantize(source.type, from, values);
                file::quantizeQ8_0(values, to);
            }
        }
    }

    Result<void> finishPiece(std::span<const std::byte> bytes)
    {
        for (const auto& mapped : m_files.files) {
            const auto all = mapped->bytes();
            if (bytes.data() >= all.data() && bytes.data() < all.data() + all.size())
                mapped->forget(bytes);
        }
        m_done += bytes.size();
        if (m_progress)
            m_progress(m_done, m_total);
        if (m_stop.stop_requested())
            return Error{ErrorCode::Cancelled, "Loading was cancelled."};
        return {};
    }

    gpu::Uploader& m_uploader;
    const file::TensorTable& m_files;
    const UploadProgress& m_progress;
    std::uint64_t m_total;
    const std::stop_token& m_stop;
    std::uint64_t m_done = 0;
};

void logRepacked(const std::vector<Item>& items)
{
    std::set<std::string_view> types;
    for (const Item& item : items) {
        if (item.matrix != nullptr && item.matrix->type != item.matrixSource->type)
            types.insert(file::typeInfo(item.matrixSource->type).name);
    }
    for (const std::string_view type : types)
        log(LogLevel::Warning,
            "Weights of type " + std::string(type) + " are repacked to Q8_0 for the device.");
}

}  // namespace

std::uint64_t deviceBytes(const DecoderSources& sources)
{
    Weights unused;
    std::uint64_t bytes = 0;
    for (const Item& item : listItems(sources, unused))
        bytes += item.matrix != nullptr ? std::uint64_t{item.matrixSource->rows} *
                                              layoutOf(*item.matrixSource).rowBytes
                                        : item.vectorSource->size * sizeof(float);
    return bytes;
}

Result<Weights> uploadWeights(gpu::Context& context, const DecoderSources& sources,
                              const file::TensorTable& files, const UploadProgress& progress,
                              const std::stop_token& stop)
{
    Weights weights;
    const std::vector<Item> items = listItems(sources, weights);

    Placement placement(context);
    std::uint64_t total = 0;
    // Words past the last block of a window may be read, so it is bound with a tail.
    const std::uint64_t windowBytes = context.limits().maxStorageBufferRange - 64;
    for (const Item& item : items) {
        if (item.matrix == nullptr) {
            placement.add(*item.vector, item.vectorSource->size * sizeof(float));
            total += item.vectorSource->bytes.size();
            continue;
        }
        const MatrixSource& source = *item.matrixSource;
        const Layout layout = layoutOf(source);
        *item.matrix = {layout.type, source.rows, source.columns, layout.rowBytes,
                        windowsOf(source, layout.rowBytes, windowBytes)};
        for (auto& window : item.matrix->windows)
            placement.add(window.data, window.rows * layout.rowBytes);
        total += source.bytes.size();
    }
    ENGINE_TRY_VOID(placement.allocate(weights));
    logRepacked(items);

    ENGINE_TRY(auto uploader, gpu::Uploader::create(context));
    Copier copier(*uploader, files, progress, total, stop);
    for (const Item& item : items) {
        if (item.matrix != nullptr) {
            ENGINE_TRY_VOID(copier.copyMatrix(*item.matrixSource, *item.matrix));
        } else {
            item.vector->rows = 1;
            item.vector->columns = item.vectorSource->size;
            item.vector->stride = item.vectorSource->size;
            ENGINE_TRY_VOID(copier.copyVector(*item.vectorSource, *item.vector));
        }
    }
    return weights;
}

}  // namespace engine::decoder
