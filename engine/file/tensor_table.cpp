#include "engine/file/tensor_table.h"

namespace engine::file {

const StoredTensor* TensorTable::find(std::string_view name) const
{
    const auto found = tensors.find(name);
    return found == tensors.end() ? nullptr : &found->second;
}

}  // namespace engine::file
