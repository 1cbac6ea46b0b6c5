#include "tests/support/seeded_folder.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <numeric>

#include <nlohmann/json.hpp>

#include "tests/support/seeded_weights.h"

namespace tests {
namespace {

using nlohmann::json;

const std::vector<std::size_t>& writtenShape(const SeededTensor& tensor)
{
    return tensor.writtenShape.empty() ? tensor.shape : tensor.writtenShape;
}

std::size_t elementsOf(const std::vector<std::size_t>& shape)
{
    return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

std::vector<float> valuesOf(const std::string& set, const SeededTensor& tensor)
{
    const auto seeded = [&](const std::string& name, const std::vector<std::size_t>& shape) {
        return seededWeights(set, name, elementsOf(shape), tensor.scale, tensor.offset);
    };
    std::vector<float> values = seeded(tensor.name, tensor.shape);
    if (tensor.writtenShape.empty())
        return values;
    std::vector<float> all = seeded(tensor.name + " around it", tensor.writtenShape);
    const auto width = static_cast<std::ptrdiff_t>(tensor.shape.back());
    const auto writtenWidth = static_cast<std::ptrdiff_t>(tensor.writtenShape.back());
    for (std::ptrdiff_t row = 0; row < static_cast<std::ptrdiff_t>(tensor.shape.front()); ++row)
        std::copy_n(values.begin() + row * width, width, all.begin() + row * writtenWidth);
    return all;
}

std::string headerOf(const std::vector<SeededTensor>& tensors, bool isBf16)
{
    json header = json::object();
    std::size_t offset = 0;
    for (const SeededTensor& tensor : tensors) {
        const std::size_t end = offset + elementsOf(writtenShape(tensor)) * (isBf16 ? 2 : 4);
        header[tensor.name] = {{"dtype", isBf16 ? "BF16" : "F32"},
                               {"shape", writtenShape(tensor)},
                               {"data_offsets", {offset, end}}};
        offset = end;
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
}

template <typename T>
void write(std::ofstream& file, const std::vector<T>& values)
{
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(T)));
}

}  // namespace

std::vector<SeededTensor> readSeededTensors(const json& config)
{
    std::vector<SeededTensor> tensors;
    for (const json& tensor : config["tensors"])
        tensors.push_back({tensor["name"], tensor["shape"], tensor["scale"], tensor["offset"]});
    return tensors;
}

engine::Result<void> writeSeededFolder(const std::string& set,
                                       const std::vector<SeededTensor>& tensors, bool isBf16,
                                       const std::string& configJson,
                                       const std::filesystem::path& folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    std::ofstream(folder / "config.json") << configJson;

    const std::filesystem::path path = folder / "model.safetensors";
    std::ofstream file(path, std::ios::binary);
    const std::string header = headerOf(tensors, isBf16);
    write(file, std::vector<std::uint64_t>{header.size()});
    file << header;
    for (const SeededTensor& tensor : tensors) {
        const std::vector<float> values = valuesOf(set, tensor);
        if (isBf16) {
            std::vector<std::uint16_t> rounded(values.size());
            std::transform(values.begin(), values.end(), rounded.begin(), toBf16);
            write(file, rounded);
        } else {
            write(file, values);
        }
    }
    file.close();
    if (!file)
        return engine::Error{engine::ErrorCode::InvalidFile, path.string() + " cannot be written."};
    return {};
}

}  // namespace tests
