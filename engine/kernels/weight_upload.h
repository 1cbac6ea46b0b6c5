#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/file/tensor_source.h"
#include "engine/file/tensor_table.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/result.h"

namespace engine::kernels {

// What holds uploaded weights.
struct WeightArenas {
    std::vector<std::unique_ptr<gpu::Arena>> arenas;
    std::uint64_t bytes = 0;  // of all
};

// Bytes of a row of the matrix on a device, as WeightUpload lays it out.
std::uint64_t deviceRowBytes(const file::MatrixSource& source);

// The same for all of it by columns; 0 where it cannot lie so.
std::uint64_t deviceColumnBytes(const file::MatrixSource& source);

// Called at least every Uploader::kPieceBytes with the bytes read from the files so far.
using UploadProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// A list of weights and of where they are to be named, which is then brought to the device. Targets
// must stay where they are until run() is done; sources that are not present are left out.
class WeightUpload {
public:
    // As it is stored; blocks that shaders do not read are repacked to Q8_0.
    void add(const file::MatrixSource& source, Matrix& target);

    // The same, and once more by columns if it can lie so.
    void add(const file::MatrixSource& source, Matrix& target, ColumnMatrix& columns);

    // Rows of several matrices one after the other, all present and of one width. Where their types
    // differ they are decoded to F32.
    void add(std::vector<file::MatrixSource> sources, Matrix& target);

    // As float32, [1 × size].
    void add(const file::VectorSource& source, gpu::Tensor& target);

    // Numbers that are in no file, [1 × size].
    void add(std::vector<float> values, gpu::Tensor& target);

    // Bytes that the device will hold.
    std::uint64_t deviceBytes() const;

    // Places every tensor, allocates, and copies; pages of `files` are given back behind the copy.
    // Fails with OutOfMemory, with Cancelled, or with InvalidFile where a vector holds a value that
    // is no number.
    Result<WeightArenas> run(gpu::Context& context, const file::TensorTable& files,
                             const UploadProgress& progress, const std::stop_token& stop) const;

private:
    struct MatrixItem {
        std::vector<file::MatrixSource> sources;
        Matrix* target;
        ColumnMatrix* columns;  // or null
    };
    struct VectorItem {
        file::VectorSource source;  // or, where it is not present, `values`
        std::vector<float> values;
        gpu::Tensor* target;

        std::uint32_t size() const
        {
            return source.isPresent() ? source.size : static_cast<std::uint32_t>(values.size());
        }
    };

    void shape(const gpu::Context& context) const;
    Result<WeightArenas> allocate(gpu::Context& context) const;
    std::uint64_t fileBytes() const;

    std::vector<MatrixItem> m_matrices;
    std::vector<VectorItem> m_vectors;
};

}  // namespace engine::kernels
