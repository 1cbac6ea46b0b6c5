#include "engine/file/gguf_header.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <utility>

#include "engine/base/safe_math.h"
#include "engine/file/byte_reader.h"
#include "engine/file/mapped_file.h"

namespace engine::file {

namespace {

// Bounds on what is kept of a header, far above any model's (Gemma 3n: 847 tensors, 60 keys, three
// lists of 262,400 in 8 MB) and far below what would hurt.
constexpr std::uint64_t kMaxHeaderBytes = 256U << 20;
constexpr std::uint64_t kMaxKeys = 1U << 16;
constexpr std::uint64_t kMaxTensors = 1U << 17;
constexpr std::uint64_t kMaxListElements = 1U << 24;  // of all lists together
constexpr std::uint64_t kMaxNameBytes = 1U << 16;
constexpr std::uint64_t kMaxAlignment = 1U << 20;
constexpr std::uint32_t kMaxDimensions = 4;
constexpr std::uint64_t kDefaultAlignment = 32;

// The smallest that an entry can be: what is left of the file bounds how many there are.
constexpr std::uint64_t kMinKeyBytes = 8 + 4 + 1;
constexpr std::uint64_t kMinTensorBytes = 8 + 4 + 4 + 8;

enum class ValueType : std::uint32_t {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    String,
    Array,
    U64,
    I64,
    F64
};

std::optional<std::size_t> widthOf(ValueType type)
{
    switch (type) {
    case ValueType::U8:
    case ValueType::I8:
    case ValueType::Bool:
        return 1;
    case ValueType::U16:
    case ValueType::I16:
        return 2;
    case ValueType::U32:
    case ValueType::I32:
    case ValueType::F32:
        return 4;
    case ValueType::U64:
    case ValueType::I64:
    case ValueType::F64:
        return 8;
    case ValueType::String:
    case ValueType::Array:
        break;
    }
    return std::nullopt;
}

bool isReal(ValueType type)
{
    return type == ValueType::F32 || type == ValueType::F64;
}

std::int64_t signExtended(std::uint64_t bits, std::size_t width)
{
    const auto shift = static_cast<int>(64 - 8 * width);
    return static_cast<std::int64_t>(bits << shift) >> shift;
}

double realOf(std::uint64_t bits, ValueType type)
{
    if (type == ValueType::F32)
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    return std::bit_cast<double>(bits);
}

bool isUnsigned(ValueType type)
{
    return type == ValueType::U8 || type == ValueType::U16 || type == ValueType::U32 ||
           type == ValueType::U64;
}

std::int64_t integerOf(std::uint64_t bits, ValueType type, std::size_t width)
{
    return isUnsigned(type) ? static_cast<std::int64_t>(bits) : signExtended(bits, width);
}

// ggml's numbers for the types that the engine reads.
std::optional<TensorType> tensorTypeOf(std::uint32_t number)
{
    switch (number) {
    case 0:
        return TensorType::F32;
    case 1:
        return TensorType::F16;
    case 2:
        return TensorType::Q4_0;
    case 3:
        return TensorType::Q4_1;
    case 6:
        return TensorType::Q5_0;
    case 7:
        return TensorType::Q5_1;
    case 8:
        return TensorType::Q8_0;
    case 10:
        return TensorType::Q2_K;
    case 11:
        return TensorType::Q3_K;
    case 12:
        return TensorType::Q4_K;
    case 13:
        return TensorType::Q5_K;
    case 14:
        return TensorType::Q6_K;
    case 20:
        return TensorType::IQ4_NL;
    case 23:
        return TensorType::IQ4_XS;
    case 30:
        return TensorType::BF16;
    default:
        return std::nullopt;
    }
}

// A tensor as the header describes it, before its bytes are known to exist.
struct Description {
    std::string name;
    StoredTensor stored;
    std::uint64_t offset = 0;  // in the data section
    std::uint64_t size = 0;
};

class Reader {
public:
    explicit Reader(const MappedFile& file)
        : m_file(file)
        , m_reader(file.bytes().first(static_cast<std::size_t>(
              std::min<std::uint64_t>(file.bytes().size(), kMaxHeaderBytes))))
    {
    }

    Result<GgufHeader> read();

private:
    struct Counts {
        std::uint64_t tensors = 0;
        std::uint64_t keys = 0;
    };

    Result<Counts> readPreamble();
    Result<std::string> readString(const std::string& what, std::uint64_t limit);
    Result<MetadataValue> readValue(const std::string& key);
    Result<MetadataValue> readList(const std::string& key);
    Result<Metadata> readMetadata(std::uint64_t count);
    Result<Description> readDescription();
    Result<std::vector<GgufTensor>> placeTensors(std::vector<Description> descriptions,
                                                 std::uint64_t alignment) const;

    Error invalid(const std::string& what) const
    {
        return {ErrorCode::InvalidFile, m_file.path().string() + " " + what};
    }
    // What a read beyond the end means.
    Error truncated(const std::string& what) const
    {
        if (m_file.bytes().size() > kMaxHeaderBytes)
            return invalid("is damaged: its header does not end within 256 MiB.");
        return invalid("is truncated: it ends within " + what + ".");
    }

    const MappedFile& m_file;
    ByteReader m_reader;
    std::uint64_t m_listElements = 0;
};

Result<Reader::Counts> Reader::readPreamble()
{
    const auto bytes = m_file.bytes();
    if (asText(bytes.first(std::min<std::size_t>(4, bytes.size()))) != "GGUF")
        return invalid("is not a GGUF file.");
    m_reader.take(4);
    const std::uint32_t version = m_reader.u32();
    const Counts counts{.tensors = m_reader.u64(), .keys = m_reader.u64()};
    if (m_reader.failed())
        return truncated("its first 24 bytes");

    if (version != 0 && (version & 0xFFFFU) == 0)
        return invalid("is a big-endian GGUF file; only little-endian ones can be read.");
    if (version == 1)
        return invalid(
            "is a GGUF file of version 1, which is no longer in use: convert the model again.");
    if (version != 2 && version != 3)
        return invalid("is a GGUF file of version " + std::to_string(version) +
                       "; versions 2 and 3 can be read.");
    if (counts.keys > kMaxKeys || counts.keys > m_reader.remaining() / kMinKeyBytes)
        return invalid("claims " + std::to_string(counts.keys) +
                       " metadata keys, more than it can hold.");
    if (counts.tensors > kMaxTensors || counts.tensors > m_reader.remaining() / kMinTensorBytes)
        return invalid("claims " + std::to_string(counts.tensors) +
                       " tensors, more than it can hold.");
    return counts;
}

Result<std::string> Reader::readString(const std::string& what, std::uint64_t limit)
{
    const std::uint64_t size = m_reader.u64();
    if (m_reader.failed())
        return truncated(what);
    if (size > limit)
        return invalid("claims " + std::to_string(size) + " bytes for " + what + ".");
    const auto bytes = m_reader.take(size);
    if (m_reader.failed())
        return truncated(what);
    return std::string(asText(bytes));
}

Result<MetadataValue> Reader::readList(const std::string& key)
{
    const auto type = static_cast<ValueType>(m_reader.u32());
    const std::uint64_t count = m_reader.u64();
    if (m_reader.failed())
        return truncated("the key " + key);
    const auto width = widthOf(type);
    if (!width && type != ValueType::String)
        return invalid("has a list of unknown type " +
                       std::to_string(static_cast<std::uint32_t>(type)) + " for the key " + key +
                       ".");
    if (count > kMaxListElements - m_listElements ||
        count > m_reader.remaining() / width.value_or(8))
        return invalid("claims " + std::to_string(count) + " elements for the key " + key +
                       ", more than it can hold.");
    m_listElements += count;

    if (type == ValueType::String) {
        std::vector<std::string> list;
        list.reserve(static_cast<std::size_t>(count));
        for (std::uint64_t i = 0; i < count; ++i) {
            ENGINE_TRY(auto text, readString("the key " + key, kMaxHeaderBytes));
            list.push_back(std::move(text));
        }
        return MetadataValue(std::move(list));
    }

    const auto fill = [&](auto list, auto convert) {
        list.reserve(static_cast<std::size_t>(count));
        for (std::uint64_t i = 0; i < count; ++i)
            list.push_back(convert(m_reader.number(*width)));
        return MetadataValue(std::move(list));
    };
    if (type == ValueType::Bool)
        return fill(std::vector<bool>{}, [](std::uint64_t bits) { return bits != 0; });
    if (isReal(type))
        return fill(std::vector<double>{}, [&](std::uint64_t bits) { return realOf(bits, type); });
    return fill(std::vector<std::int64_t>{},
                [&](std::uint64_t bits) { return integerOf(bits, type, *width); });
}

Result<MetadataValue> Reader::readValue(const std::string& key)
{
    const auto type = static_cast<ValueType>(m_reader.u32());
    if (m_reader.failed())
        return truncated("the key " + key);
    if (type == ValueType::Array)
        return readList(key);
    if (type == ValueType::String) {
        ENGINE_TRY(auto text, readString("the key " + key, kMaxHeaderBytes));
        return MetadataValue(std::move(text));
    }
    const auto width = widthOf(type);
    if (!width)
        return invalid("has a value of unknown type " +
                       std::to_string(static_cast<std::uint32_t>(type)) + " for the key " + key +
                       ".");
    const std::uint64_t bits = m_reader.number(*width);
    if (m_reader.failed())
        return truncated("the key " + key);
    if (type == ValueType::Bool)
        return MetadataValue(bits != 0);
    if (isReal(type))
        return MetadataValue(realOf(bits, type));
    if (isUnsigned(type))
        return MetadataValue(bits);
    return MetadataValue(signExtended(bits, *width));
}

Result<Metadata> Reader::readMetadata(std::uint64_t count)
{
    Metadata metadata;
    for (std::uint64_t i = 0; i < count; ++i) {
        ENGINE_TRY(auto key,
                   readString("the name of metadata key " + std::to_string(i), kMaxNameBytes));
        ENGINE_TRY(auto value, readValue(key));
        if (!metadata.values.emplace(key, std::move(value)).second)
            return invalid("has the metadata key " + key + " twice.");
    }
    return metadata;
}

Result<Description> Reader::readDescription()
{
    Description description;
    ENGINE_TRY(description.name, readString("the name of a tensor", kMaxNameBytes));
    const std::string& name = description.name;
    const std::string what = "the description of tensor " + name;

    const std::uint32_t dimensions = m_reader.u32();
    if (m_reader.failed())
        return truncated(what);
    if (dimensions > kMaxDimensions)
        return invalid("gives tensor " + name + " " + std::to_string(dimensions) + " dimensions.");
    auto& shape = description.stored.shape;
    for (std::uint32_t i = 0; i < dimensions; ++i)
        shape.insert(shape.begin(), m_reader.u64());  // the file lists the innermost first
    const std::uint32_t typeNumber = m_reader.u32();
    description.offset = m_reader.u64();
    if (m_reader.failed())
        return truncated(what);

    const auto type = tensorTypeOf(typeNumber);
    if (!type)
        return Error{ErrorCode::UnsupportedModel,
                     m_file.path().string() + " stores tensor " + name + " in ggml type " +
                         std::to_string(typeNumber) + ", which is not supported."};
    description.stored.type = *type;
    const TensorTypeInfo& info = typeInfo(*type);
    const std::uint64_t columns = shape.empty() ? 1 : shape.back();
    if (columns % info.blockElements != 0)
        return invalid("gives tensor " + name + " rows of " + std::to_string(columns) +
                       " elements, not a multiple of the " + std::to_string(info.blockElements) +
                       " in a block of " + std::string(info.name) + ".");
    std::optional<std::uint64_t> size = columns / info.blockElements * info.blockBytes;
    if (columns > m_file.bytes().size() * std::uint64_t{info.blockElements})
        size = std::nullopt;
    for (std::size_t i = 0; i + 1 < shape.size() && size; ++i)
        size = safeProduct(*size, shape[i]);
    if (!size || *size == 0 || *size > m_file.bytes().size())
        return invalid("gives tensor " + name + " a size that the file cannot hold.");
    description.size = *size;
    return description;
}

Result<std::vector<GgufTensor>> Reader::placeTensors(std::vector<Description> descriptions,
                                                     std::uint64_t alignment) const
{
    const auto bytes = m_file.bytes();
    const std::uint64_t data = (m_reader.position() + alignment - 1) / alignment * alignment;
    std::sort(descriptions.begin(), descriptions.end(),
              [](const Description& a, const Description& b) { return a.offset < b.offset; });

    std::vector<GgufTensor> tensors;
    tensors.reserve(descriptions.size());
    std::uint64_t previousEnd = 0;
    for (Description& description : descriptions) {
        const std::string& name = description.name;
        if (description.offset % alignment != 0)
            return invalid("puts tensor " + name + " at offset " +
                           std::to_string(description.offset) + ", which is not aligned to " +
                           std::to_string(alignment) + ".");
        if (description.offset < previousEnd)
            return invalid("has overlapping tensors: " + tensors.back().name + " and " + name +
                           ".");
        const auto end = safeSum(description.offset, description.size);
        const auto endInFile = end ? safeSum(*end, data) : std::nullopt;
        if (!endInFile || *endInFile > bytes.size())
            return invalid("is truncated: tensor " + name + " lies beyond its end.");
        previousEnd = *end;
        description.stored.bytes =
            bytes.subspan(static_cast<std::size_t>(data + description.offset),
                          static_cast<std::size_t>(description.size));
        tensors.push_back({name, std::move(description.stored)});
    }
    return tensors;
}

Result<GgufHeader> Reader::read()
{
    GgufHeader header;
    ENGINE_TRY(const Counts counts, readPreamble());
    ENGINE_TRY(header.metadata, readMetadata(counts.keys));

    std::uint64_t alignment = kDefaultAlignment;
    if (header.metadata.values.contains("general.alignment")) {
        const auto value = header.metadata.integer("general.alignment").value_or(0);
        alignment = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
        if (!std::has_single_bit(alignment) || alignment > kMaxAlignment)
            return invalid("has a general.alignment that is not a power of two up to 1 MiB.");
    }

    std::vector<Description> descriptions;
    descriptions.reserve(static_cast<std::size_t>(counts.tensors));
    std::set<std::string, std::less<>> names;
    for (std::uint64_t i = 0; i < counts.tensors; ++i) {
        ENGINE_TRY(auto description, readDescription());
        if (!names.insert(description.name).second)
            return invalid("has the tensor " + description.name + " twice.");
        descriptions.push_back(std::move(description));
    }
    ENGINE_TRY(header.tensors, placeTensors(std::move(descriptions), alignment));
    return header;
}

}  // namespace

Result<GgufHeader> readGgufHeader(const MappedFile& file)
{
    return Reader(file).read();
}

}  // namespace engine::file
