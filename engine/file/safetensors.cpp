#include "engine/file/safetensors.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/safe_math.h"
#include "engine/file/byte_reader.h"
#include "engine/file/json_text.h"
#include "engine/file/mapped_file.h"

namespace engine::file {

namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::uint64_t kMaxIndexBytes = 100'000'000;
constexpr std::size_t kMaxDimensions = 8;

Error invalid(const std::filesystem::path& path, const std::string& what)
{
    return {ErrorCode::InvalidFile, path.string() + " " + what};
}

// Bytes of an element of every type that the format has in whole bytes; 0 for others.
std::uint64_t bytesOf(const std::string& dtype)
{
    static const std::map<std::string, std::uint64_t> kBytes{
        {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
        {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
        {"F32", 4},  {"I64", 8}, {"U64", 8}, {"F64", 8},     {"C64", 8}};
    const auto found = kBytes.find(dtype);
    return found == kBytes.end() ? 0 : found->second;
}

std::optional<TensorType> tensorTypeOf(const std::string& dtype)
{
    if (dtype == "F32")
        return TensorType::F32;
    if (dtype == "F16")
        return TensorType::F16;
    if (dtype == "BF16")
        return TensorType::BF16;
    return std::nullopt;
}

// A tensor as the header describes it.
struct Description {
    std::string name;
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0;  // in the data that follow the header
    std::uint64_t end = 0;
};

std::optional<std::vector<std::uint64_t>> unsignedNumbers(const json& list)
{
    if (!list.is_array())
        return std::nullopt;
    std::vector<std::uint64_t> numbers;
    for (const json& element : list) {
        if (!element.is_number_unsigned())
            return std::nullopt;
        numbers.push_back(element.get<std::uint64_t>());
    }
    return numbers;
}

// nullopt where the entry is not what the format asks for.
std::optional<Description> descriptionOf(const std::string& name, const json& entry)
{
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets") || !entry["dtype"].is_string())
        return std::nullopt;
    auto shape = unsignedNumbers(entry["shape"]);
    const auto offsets = unsignedNumbers(entry["data_offsets"]);
    if (!shape || shape->size() > kMaxDimensions || !offsets || offsets->size() != 2 ||
        (*offsets)[0] > (*offsets)[1])
        return std::nullopt;
    return Description{name, entry["dtype"].get<std::string>(), std::move(*shape), (*offsets)[0],
                       (*offsets)[1]};
}

bool sizeAgrees(const Description& description)
{
    std::optional<std::uint64_t> size = bytesOf(description.dtype);
    if (*size == 0)
        return true;
    for (const std::uint64_t extent : description.shape) {
        if (size)
            size = safeProduct(*size, extent);
    }
    return size == description.end - description.begin;
}

// The format allows neither overlaps nor holes, nor bytes after the last tensor.
Result<void> checkPlaces(const std::filesystem::path& path, std::vector<Description>& descriptions,
                         std::uint64_t dataBytes)
{
    std::sort(descriptions.begin(), descriptions.end(),
              [](const Description& a, const Description& b) {
                  return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
              });
    std::uint64_t position = 0;
    const Description* previous = nullptr;
    for (const Description& description : descriptions) {
        if (!sizeAgrees(description))
            return invalid(path, "gives tensor " + description.name +
                                     " a size that does not agree with its shape.");
        if (description.end > dataBytes)
            return invalid(path,
                           "is truncated: tensor " + description.name + " lies beyond its end.");
        if (description.begin < position)
            return invalid(path, "has overlapping tensors: " + previous->name + " and " +
                                     description.name + ".");
        if (description.begin > position)
            return invalid(path, "has bytes before tensor " + description.name +
                                     " that belong to no tensor.");
        position = description.end;
        previous = &description;
    }
    if (position != dataBytes)
        return invalid(path, "has bytes after its last tensor that belong to no tensor.");
    return {};
}

Result<json> readHeader(const MappedFile& file)
{
    ByteReader reader(file.bytes());
    const std::uint64_t size = reader.u64();
    if (reader.failed())
        return invalid(file.path(), "is truncated: it ends within its first 8 bytes.");
    if (size > kMaxHeaderBytes)
        return invalid(file.path(), "is not a safetensors file: it claims a header of " +
                                        std::to_string(size) + " bytes.");
    const auto bytes = reader.take(size);
    if (reader.failed())
        return invalid(file.path(), "is truncated: it ends within its header.");
    return parseJsonObject(asText(bytes), "The header of " + file.path().string(),
                           DuplicateKeys::Refuse);
}

// tensor → shard file name, as the index says.
Result<std::map<std::string, std::string>> readWeightMap(const std::filesystem::path& path)
{
    ENGINE_TRY(const auto file, MappedFile::open(path));
    if (file->bytes().size() > kMaxIndexBytes)
        return invalid(path, "is too large for an index.");
    ENGINE_TRY(const auto index,
               parseJsonObject(asText(file->bytes()), path.string(), DuplicateKeys::Refuse));
    const auto weights = index.find("weight_map");
    if (weights == index.end() || !weights->is_object())
        return invalid(path, "has no weight_map.");

    std::map<std::string, std::string> map;
    for (const auto& [name, shard] : weights->items()) {
        const std::string fileName = shard.is_string() ? shard.get<std::string>() : std::string();
        // A shard lies beside its index: nothing else may be opened through it.
        if (fileName.empty() || std::filesystem::path(fileName).filename() != fileName)
            return invalid(path, "gives no usable file name for tensor " + name + ".");
        map.emplace(name, fileName);
    }
    if (map.empty())
        return invalid(path, "lists no tensors.");
    return map;
}

Result<TensorTable> openShards(const std::filesystem::path& folder,
                               const std::filesystem::path& index)
{
    ENGINE_TRY(const auto weightMap, readWeightMap(index));
    std::map<std::string, TensorTable> shards;
    for (const auto& [name, fileName] : weightMap) {
        if (shards.contains(fileName))
            continue;
        const auto path = folder / fileName;
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored))
            return invalid(path, "is missing: " + index.filename().string() + " lists it.");
        ENGINE_TRY(auto shard, openSafetensors(path));
        shards.emplace(fileName, std::move(shard));
    }

    TensorTable table;
    for (const auto& [name, fileName] : weightMap) {
        TensorTable& shard = shards.at(fileName);
        if (const auto found = shard.tensors.find(name); found != shard.tensors.end())
            table.tensors.insert(shard.tensors.extract(found));
        else if (const auto other = shard.unreadable.find(name); other != shard.unreadable.end())
            table.unreadable.insert(shard.unreadable.extract(other));
        else
            return invalid(folder / fileName, "does not hold tensor " + name + ", which " +
                                                  index.filename().string() + " places there.");
    }
    for (auto& [fileName, shard] : shards)
        table.files.insert(table.files.end(), shard.files.begin(), shard.files.end());
    return table;
}

}  // namespace

Result<TensorTable> openSafetensors(const std::filesystem::path& path)
{
    ENGINE_TRY(const auto file, MappedFile::open(path));
    ENGINE_TRY(const auto header, readHeader(*file));

    std::vector<Description> descriptions;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__")
            continue;
        auto description = descriptionOf(name, entry);
        if (!description)
            return invalid(path, "describes tensor " + name + " in no valid way.");
        descriptions.push_back(std::move(*description));
    }

    ByteReader reader(file->bytes());
    const std::uint64_t headerBytes = reader.u64();
    const auto data = file->bytes().subspan(8 + static_cast<std::size_t>(headerBytes));
    ENGINE_TRY_VOID(checkPlaces(path, descriptions, data.size()));

    TensorTable table;
    for (Description& description : descriptions) {
        const auto type = tensorTypeOf(description.dtype);
        const auto size = static_cast<std::size_t>(description.end - description.begin);
        if (!type || size == 0) {
            table.unreadable.emplace(description.name, type ? "nothing" : description.dtype);
            continue;
        }
        const auto bytes = data.subspan(static_cast<std::size_t>(description.begin), size);
        table.tensors.emplace(description.name,
                              StoredTensor{*type, std::move(description.shape), bytes});
    }
    table.files.push_back(file);
    return table;
}

Result<TensorTable> openSafetensorsFolder(const std::filesystem::path& folder)
{
    std::error_code ignored;
    const auto whole = folder / "model.safetensors";
    if (std::filesystem::exists(whole, ignored))
        return openSafetensors(whole);
    const auto index = folder / "model.safetensors.index.json";
    if (std::filesystem::exists(index, ignored))
        return openShards(folder, index);
    return invalid(folder, "has neither model.safetensors nor model.safetensors.index.json.");
}

}  // namespace engine::file
