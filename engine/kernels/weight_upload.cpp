#include "engine/kernels/weight_upload.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/file/dequantize.h"
#include "engine/file/mapped_file.h"
#include "engine/file/tensor_finder.h"
#include "engine/gpu/uploader.h"
#include "engine/kernels/column_layout.h"
#include "engine/kernels/row_layout.h"
#include "engine/kernels/shader_code.h"
#include "engine/log.h"

namespace engine::kernels {
namespace {

using file::MatrixSource;
using file::TensorType;
using file::VectorSource;

// What any device can bind at once.
constexpr std::uint64_t kMostColumnBytes = std::uint64_t{128} << 20;

// An arena is one allocation; several of this size fit where one large one may not.
constexpr std::uint64_t kArenaBytes = std::uint64_t{512} << 20;

// The type in which a matrix lies on the device.
TensorType typeOf(const std::vector<MatrixSource>& sources)
{
    const TensorType first = sources.front().type;
    for (const MatrixSource& source : sources) {
        if (source.type != first)
            return TensorType::F32;
    }
    return isOnDevice(first) ? first : TensorType::Q8_0;
}

RowLayout layoutOf(const std::vector<MatrixSource>& sources)
{
    return rowLayout(typeOf(sources), sources.front().columns);
}

std::uint32_t rowsOf(const std::vector<MatrixSource>& sources)
{
    std::uint32_t rows = 0;
    for (const MatrixSource& source : sources)
        rows += source.rows;
    return rows;
}

std::uint64_t bytesOf(const std::vector<MatrixSource>& sources)
{
    std::uint64_t bytes = 0;
    for (const MatrixSource& source : sources)
        bytes += source.bytes.size();
    return bytes;
}

// Outputs that kernels write at a time.
constexpr std::uint64_t kRowsTogether = 4;

// Rows of each window: whole rows, and no more bytes than can be bound at once.
std::vector<Matrix::Window> windowsOf(std::uint32_t rows, std::uint64_t rowBytes,
                                      std::uint64_t maxBytes)
{
    std::uint64_t rowsPerWindow = std::max<std::uint64_t>(maxBytes / rowBytes, 1);
    if (rowsPerWindow > kRowsTogether)
        rowsPerWindow -= rowsPerWindow % kRowsTogether;
    std::vector<Matrix::Window> windows;
    for (std::uint64_t row = 0; row < rows; row += rowsPerWindow) {
        Matrix::Window window;
        window.firstRow = static_cast<std::uint32_t>(row);
        window.rows =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(rowsPerWindow, rows - row));
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

    Result<WeightArenas> allocate()
    {
        WeightArenas held;
        for (const std::uint64_t size : m_sizes) {
            ENGINE_TRY(auto arena, gpu::Arena::create(m_context, size, gpu::MemoryUse::Device));
            held.bytes += arena->size();
            held.arenas.push_back(std::move(arena));
        }
        for (const Entry& entry : m_entries)
            *entry.tensor = held.arenas[entry.arena]->placeBytes(entry.bytes);
        return held;
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

// Rows as they are stored, to rows as they lie on the device.
void fillRows(const MatrixSource& source, const Matrix& matrix, std::span<const std::byte> bytes,
              std::span<std::byte> target)
{
    std::vector<float> values(matrix.type == source.type ? 0 : source.columns);
    std::vector<std::byte> repacked(matrix.type == TensorType::Q8_0 ? matrix.rowBytes : 0);
    for (std::uint64_t row = 0; row * source.rowBytes < bytes.size(); ++row) {
        auto from = bytes.subspan(row * source.rowBytes, source.rowBytes);
        if (matrix.type != source.type) {
            file::dequantize(source.type, from, values);
            from = std::as_bytes(std::span(values));
            if (matrix.type == TensorType::Q8_0) {
                const auto blocks =
                    std::span(repacked).first(file::rowBytesOf(TensorType::Q8_0, source.columns));
                file::quantizeQ8_0(values, blocks);
                from = blocks;
            }
        }
        layOutRow(matrix.type, from, target.subspan(row * matrix.rowBytes, matrix.rowBytes));
    }
}

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

    Result<void> copyMatrix(const std::vector<MatrixSource>& sources, const Matrix& matrix)
    {
        std::uint64_t firstRow = 0;
        for (const MatrixSource& source : sources) {
            if (std::max(matrix.rowBytes, source.rowBytes) > gpu::Uploader::kPieceBytes)
                return Error{ErrorCode::UnsupportedModel, "The rows of tensor '" + source.name +
                                                              "' are too long for this device."};
            for (const Matrix::Window& window : matrix.windows) {
                const std::uint64_t begin = std::max<std::uint64_t>(firstRow, window.firstRow);
                const std::uint64_t end = std::min<std::uint64_t>(
                    firstRow + source.rows, std::uint64_t{window.firstRow} + window.rows);
                if (begin < end)
                    ENGINE_TRY_VOID(copyRows(source, matrix, window, {firstRow, begin, end}));
            }
            firstRow += source.rows;
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
        if (values.size() * sizeof(float) > gpu::Uploader::kPieceBytes)
            return Error{ErrorCode::UnsupportedModel,
                         "Tensor '" + source.name + "' is larger than any model's."};
        ENGINE_TRY_VOID(copyValues(values, tensor));
        return finishPiece(source.bytes);
    }

    Result<void> copyValues(std::span<const float> values, const gpu::Tensor& tensor)
    {
        const auto bytes = std::as_bytes(values);
        for (std::size_t first = 0; first < bytes.size(); first += gpu::Uploader::kPieceBytes) {
            const auto piece = bytes.subspan(
                first, std::min<std::size_t>(gpu::Uploader::kPieceBytes, bytes.size() - first));
            ENGINE_TRY_VOID(
                m_uploader.write(tensor, first, piece.size(), [piece](std::span<std::byte> target) {
                    std::memcpy(target.data(), piece.data(), piece.size());
                }));
        }
        return {};
    }

    // Before the rows, as pages of the file are given back behind those.
    Result<void> copyColumns(const MatrixSource& source, const ColumnMatrix& matrix)
    {
        const std::uint64_t blockBytes = columnLayout(matrix.type, matrix.rows)->blockBytes;
        const std::uint64_t blocks = matrix.data.bytes / blockBytes;
        const std::uint64_t blocksPerPiece = gpu::Uploader::kPieceBytes / blockBytes;
        for (std::uint64_t block = 0; block < blocks; block += blocksPerPiece) {
            const std::uint64_t count = std::min(blocksPerPiece, blocks - block);
            ENGINE_TRY_VOID(m_uploader.write(matrix.data, block * blockBytes, count * blockBytes,
                                             [&](std::span<std::byte> target) {
                                                 layOutColumns(
                                                     {source.type, source.bytes, source.rowBytes,
                                                      source.rows, source.columns},
                                                     static_cast<std::uint32_t>(block), target);
                                             }));
            ENGINE_TRY_VOID(checkStop());
        }
        return {};
    }

private:
    // Rows of the whole matrix: the source's first, and those that lie in a window.
    struct Range {
        std::uint64_t sourceFirst;
        std::uint64_t begin;
        std::uint64_t end;
    };

    Result<void> copyRows(const MatrixSource& source, const Matrix& matrix,
                          const Matrix::Window& window, const Range& range)
    {
        const std::uint64_t rowsPerPiece = std::max<std::uint64_t>(
            gpu::Uploader::kPieceBytes / std::max(matrix.rowBytes, source.rowBytes), 1);
        for (std::uint64_t row = range.begin; row < range.end; row += rowsPerPiece) {
            const std::uint64_t rows = std::min(rowsPerPiece, range.end - row);
            const auto bytes = source.bytes.subspan((row - range.sourceFirst) * source.rowBytes,
                                                    rows * source.rowBytes);
            ENGINE_TRY_VOID(m_uploader.write(
                window.data, (row - window.firstRow) * matrix.rowBytes, rows * matrix.rowBytes,
                [&](std::span<std::byte> target) { fillRows(source, matrix, bytes, target); }));
            ENGINE_TRY_VOID(finishPiece(bytes));
        }
        return {};
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
        return checkStop();
    }

    Result<void> checkStop() const
    {
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

}  // namespace

std::uint64_t deviceRowBytes(const MatrixSource& source)
{
    return layoutOf({source}).bytes;
}

std::uint64_t deviceColumnBytes(const MatrixSource& source)
{
    const auto layout = columnLayout(source.type, source.rows);
    if (!layout || layout->blockBytes > gpu::Uploader::kPieceBytes)
        return 0;
    const std::uint64_t blocks =
        (std::uint64_t{source.columns} + kColumnsPerBlock - 1) / kColumnsPerBlock;
    const std::uint64_t bytes = blocks * layout->blockBytes;
    return bytes <= kMostColumnBytes ? bytes : 0;
}

void WeightUpload::add(const MatrixSource& source, Matrix& target)
{
    if (source.isPresent())
        m_matrices.push_back({{source}, &target, nullptr});
}

void WeightUpload::add(const MatrixSource& source, Matrix& target, ColumnMatrix& columns)
{
    add(source, target);
    if (source.isPresent() && deviceColumnBytes(source) > 0)
        m_matrices.back().columns = &columns;
}

void WeightUpload::add(std::vector<MatrixSource> sources, Matrix& target)
{
    ENGINE_CHECK(!sources.empty());
    for (const MatrixSource& source : sources)
        ENGINE_CHECK(source.isPresent() && source.columns == sources.front().columns);
    m_matrices.push_back({std::move(sources), &target, nullptr});
}

void WeightUpload::add(const VectorSource& source, gpu::Tensor& target)
{
    if (source.isPresent())
        m_vectors.push_back({source, {}, &target});
}

void WeightUpload::add(std::vector<float> values, gpu::Tensor& target)
{
    ENGINE_CHECK(!values.empty());
    m_vectors.push_back({{}, std::move(values), &target});
}

std::uint64_t WeightUpload::deviceBytes() const
{
    std::uint64_t bytes = 0;
    for (const MatrixItem& item : m_matrices)
        bytes += std::uint64_t{rowsOf(item.sources)} * layoutOf(item.sources).bytes +
                 (item.columns != nullptr ? deviceColumnBytes(item.sources.front()) : 0);
    for (const VectorItem& item : m_vectors)
        bytes += item.size() * sizeof(float);
    return bytes;
}

// Says how each target will lie, without a place yet.
void WeightUpload::shape(const gpu::Context& context) const
{
    const std::uint64_t windowBytes = context.limits().maxStorageBufferRange;
    std::set<std::string_view> repacked;
    for (const MatrixItem& item : m_matrices) {
        const TensorType type = typeOf(item.sources);
        const RowLayout layout = layoutOf(item.sources);
        const std::uint32_t rows = rowsOf(item.sources);
        *item.target = {type,
                        rows,
                        item.sources.front().columns,
                        layout.bytes,
                        windowsOf(rows, layout.bytes, windowBytes),
                        bytesOf(item.sources)};
        if (type == TensorType::Q8_0 && item.sources.front().type != TensorType::Q8_0)
            repacked.insert(file::typeInfo(item.sources.front().type).name);
        if (item.columns != nullptr)
            *item.columns = {type, rows, item.target->columns, {}};
    }
    for (const std::string_view type : repacked)
        log(LogLevel::Warning,
            "Weights of type " + std::string(type) + " are repacked to Q8_0 for the device.");
}

Result<WeightArenas> WeightUpload::allocate(gpu::Context& context) const
{
    Placement placement(context);
    for (const MatrixItem& item : m_matrices) {
        for (Matrix::Window& window : item.target->windows)
            placement.add(window.data, window.rows * item.target->rowBytes);
    }
    // Behind all others, so that these stay near to what they share dispatches with.
    for (const MatrixItem& item : m_matrices) {
        if (item.columns != nullptr)
            placement.add(item.columns->data, deviceColumnBytes(item.sources.front()));
    }
    for (const VectorItem& item : m_vectors)
        placement.add(*item.target, item.size() * sizeof(float));
    ENGINE_TRY(WeightArenas held, placement.allocate());
    for (const VectorItem& item : m_vectors) {
        item.target->rows = 1;
        item.target->columns = item.size();
        item.target->stride = item.size();
    }
    return held;
}

std::uint64_t WeightUpload::fileBytes() const
{
    std::uint64_t bytes = 0;
    for (const MatrixItem& item : m_matrices) {
        for (const MatrixSource& source : item.sources)
            bytes += source.bytes.size();
    }
    for (const VectorItem& item : m_vectors)
        bytes += item.source.bytes.size();
    return bytes;
}

Result<WeightArenas> WeightUpload::run(gpu::Context& context, const file::TensorTable& files,
                                       const UploadProgress& progress,
                                       const std::stop_token& stop) const
{
    shape(context);
    ENGINE_TRY(WeightArenas held, allocate(context));
    ENGINE_TRY(auto uploader, gpu::Uploader::create(context));
    Copier copier(*uploader, files, progress, fileBytes(), stop);
    for (const MatrixItem& item : m_matrices) {
        if (item.columns != nullptr)
            ENGINE_TRY_VOID(copier.copyColumns(item.sources.front(), *item.columns));
        ENGINE_TRY_VOID(copier.copyMatrix(item.sources, *item.target));
    }
    for (const VectorItem& item : m_vectors) {
        if (item.source.isPresent()) {
            ENGINE_TRY_VOID(copier.copyVector(item.source, *item.target));
        } else {
            ENGINE_TRY_VOID(copier.copyValues(item.values, *item.target));
        }
    }
    ENGINE_TRY_VOID(uploader->finish());
    return held;
}

}  // namespace engine::kernels
