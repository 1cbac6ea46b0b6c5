#include "engine/file/tensor_finder.h"

#include <algorithm>

namespace engine::file {

namespace {

// Outer extents of one say nothing: GGUF drops them, and so do we, to compare.
Shape withoutOuterOnes(const Shape& shape)
{
    const auto first =
        std::find_if(shape.begin(), shape.end(), [](auto extent) { return extent != 1; });
    return {first, shape.end()};
}

std::string asText(const Shape& shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + "]";
}

}  // namespace

std::uint64_t rowBytesOf(TensorType type, std::uint64_t columns)
{
    const TensorTypeInfo& info = typeInfo(type);
    return columns / info.blockElements * info.blockBytes;
}

void TensorFinder::complain(const std::string& problem)
{
    m_problems.push_back(m_files.path.string() + ": " + problem + ".");
}

const StoredTensor* TensorFinder::find(const std::string& name, const Shape& shape)
{
    m_known.insert(name);
    const StoredTensor* tensor = m_files.tensors.find(name);
    if (tensor == nullptr) {
        const auto unreadable = m_files.tensors.unreadable.find(name);
        if (unreadable != m_files.tensors.unreadable.end())
            complain("tensor " + name + " is stored as " + unreadable->second +
                     ", which is not supported");
        else
            complain("tensor " + name + " is missing");
        return nullptr;
    }
    if (withoutOuterOnes(tensor->shape) != withoutOuterOnes(shape)) {
        complain("tensor " + name + " has shape " + asText(tensor->shape) + " instead of " +
                 asText(shape));
        return nullptr;
    }
    return tensor;
}

MatrixSource TensorFinder::matrix(const std::string& name, std::uint32_t rows,
                                  std::uint32_t columns)
{
    const StoredTensor* tensor = find(name, {rows, columns});
    if (tensor == nullptr)
        return {};
    return {name, tensor->type, rows, columns, rowBytesOf(tensor->type, columns), tensor->bytes};
}

VectorSource TensorFinder::vector(const std::string& name, const Shape& shape)
{
    const StoredTensor* tensor = find(name, shape);
    if (tensor == nullptr)
        return {};
    std::uint64_t size = 1;
    for (const std::uint64_t extent : shape)
        size *= extent;
    return {name, tensor->type, static_cast<std::uint32_t>(size), tensor->bytes};
}

}  // namespace engine::file
