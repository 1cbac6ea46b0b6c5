#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/gpu/tensor.h"
#include "engine/kernels/fused.h"
#include "engine/kernels/pass.h"
#include "shaders/fused/linear_part.h"

namespace engine::kernels {

// A product's share in one window of its weight, with what has to be bound for it.
struct Part {
    file::TensorType type = file::TensorType::F32;
    gpu::Tensor weight;
    gpu::Tensor input;
    gpu::Tensor output;
    std::uint32_t columns = 0;
    std::uint32_t rows = 0;
    std::uint32_t rowUnits = 0;
    std::uint32_t rowChunks = 0;
    std::uint32_t firstRow = 0;   // of the product
    std::uint64_t bytesRead = 0;  // of the weight
};

// Parts that share a dispatch: of one type, and near enough to be bound as one.
struct PartGroup {
    std::vector<Part> parts;
    gpu::Tensor weight;  // from the first byte of any part to the last
    gpu::Tensor input;
    gpu::Tensor output;

    // What the shader needs to know of a part; none where there are fewer.
    shader::LinearPart part(std::size_t index) const;

    // Workgroups of `rowsPerGroup` outputs for all parts together.
    std::uint32_t workgroups(std::uint32_t rowsPerGroup) const;
};

// Groups of at most `most` parts, in order.
std::vector<PartGroup> groupParts(const Pass& pass, std::span<const RowProduct> products,
                                  std::size_t most);

// Elements (F32) from the first of a binding to the first of a tensor that it holds.
std::uint32_t firstElementIn(const gpu::Tensor& span, const gpu::Tensor& tensor);

// The smallest binding that holds both; without an arena if they do not share one.
gpu::Tensor spanOf(const gpu::Tensor& one, const gpu::Tensor& other);

}  // namespace engine::kernels
