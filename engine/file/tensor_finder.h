#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/model_files.h"
#include "engine/file/tensor_source.h"

namespace engine::file {

using Shape = std::vector<std::uint64_t>;

// Finds tensors by name and checks their shapes. Remembers which it was asked for, and collects
// what is wrong, one sentence each; what was not found as it should be is not present.
class TensorFinder {
public:
    // `files` must outlive the finder.
    explicit TensorFinder(const ModelFiles& files) : m_files(files) {}

    const StoredTensor* find(const std::string& name, const Shape& shape);
    MatrixSource matrix(const std::string& name, std::uint32_t rows, std::uint32_t columns);
    VectorSource vector(const std::string& name, const Shape& shape);

    // Takes note of a tensor that is not needed, so that it is no surprise.
    void expect(const std::string& name) { m_known.insert(name); }
    bool knows(std::string_view name) const { return m_known.find(name) != m_known.end(); }

    // `problem` without the file's name and the full stop.
    void complain(const std::string& problem);
    const std::vector<std::string>& problems() const noexcept { return m_problems; }

private:
    const ModelFiles& m_files;
    std::set<std::string, std::less<>> m_known;
    std::vector<std::string> m_problems;
};

// Bytes of a row of `columns` elements: whole blocks.
std::uint64_t rowBytesOf(TensorType type, std::uint64_t columns);

}  // namespace engine::file
