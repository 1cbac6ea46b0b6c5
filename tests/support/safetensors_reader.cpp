#include "tests/support/safetensors_reader.h"

#include <cstring>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace tests {

namespace {

using nlohmann::json;

engine::Error invalid(const std::filesystem::path& path, const std::string& what)
{
    return {engine::ErrorCode::InvalidFile, path.string() + ": " + what};
}

// The values of a tensor of type `dtype`; empty where it is absent or of another type.
template <typename T>
std::vector<T> valuesOf(const std::map<std::string, SafetensorsReader::Tensor>& tensors,
                        const std::string& name, std::string_view dtype)
{
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.dtype != dtype)
        return {};
    std::vector<T> values(found->second.bytes.size() / sizeof(T));
    std::memcpy(values.data(), found->second.bytes.data(), values.size() * sizeof(T));
    return values;
}

bool isTensorEntry(const json& entry, std::size_t dataSize)
{
    const auto isArrayOfSizes = [&entry](const char* key) {
        if (!entry.contains(key) || !entry[key].is_array())
            return false;
        for (const json& element : entry[key]) {
            if (!element.is_number_unsigned())
                return false;
        }
        return true;
    };
    return entry.is_object() && entry.contains("dtype") && entry["dtype"].is_string() &&
           isArrayOfSizes("shape") && isArrayOfSizes("data_offsets") &&
           entry["data_offsets"].size() == 2 &&
           entry["data_offsets"][0].get<std::size_t>() <=
               entry["data_offsets"][1].get<std::size_t>() &&
           entry["data_offsets"][1].get<std::size_t>() <= dataSize;
}

}  // namespace

engine::Result<SafetensorsReader> SafetensorsReader::open(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return invalid(path, "cannot be read.");
    const std::string content((std::istreambuf_iterator<char>(file)),
                              std::istreambuf_iterator<char>());

    std::uint64_t headerSize = 0;
    if (content.size() < sizeof(headerSize))
        return invalid(path, "too short.");
    std::memcpy(&headerSize, content.data(), sizeof(headerSize));
    if (headerSize > content.size() - sizeof(headerSize))
        return invalid(path, "the header is longer than the file.");
    const json header = json::parse(content.substr(sizeof(headerSize), headerSize), nullptr, false);
    if (!header.is_object())
        return invalid(path, "the header is not a JSON object.");

    SafetensorsReader reader;
    const char* data = content.data() + sizeof(headerSize) + headerSize;
    const std::size_t dataSize = content.size() - sizeof(headerSize) - headerSize;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__")
            continue;
        if (!isTensorEntry(entry, dataSize))
            return invalid(path, "the entry of " + name + " is damaged.");
        Tensor tensor{entry["dtype"], entry["shape"], {}};
        const std::size_t begin = entry["data_offsets"][0];
        const std::size_t end = entry["data_offsets"][1];
        tensor.bytes.resize(end - begin);
        std::memcpy(tensor.bytes.data(), data + begin, end - begin);
        reader.m_tensors.emplace(name, std::move(tensor));
    }
    return reader;
}

std::vector<float> SafetensorsReader::floats(const std::string& name) const
{
    return valuesOf<float>(m_tensors, name, "F32");
}

std::vector<std::int32_t> SafetensorsReader::integers(const std::string& name) const
{
    return valuesOf<std::int32_t>(m_tensors, name, "I32");
}

std::vector<std::uint32_t> SafetensorsReader::ids(const std::string& name) const
{
    return valuesOf<std::uint32_t>(m_tensors, name, "I32");
}

}  // namespace tests
