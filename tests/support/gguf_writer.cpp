#include "tests/support/gguf_writer.h"

#include <array>
#include <cstring>
#include <fstream>
#include <utility>

namespace tests {

namespace {

template <typename Number>
void append(std::string& out, Number number)
{
    std::array<char, sizeof number> bytes{};
    std::memcpy(bytes.data(), &number, sizeof number);
    out.append(bytes.data(), bytes.size());
}

void appendText(std::string& out, const std::string& text)
{
    append<std::uint64_t>(out, text.size());
    out += text;
}

template <typename Number>
std::string packed(Number number)
{
    std::string out;
    append(out, number);
    return out;
}

constexpr std::uint32_t kU16 = 2;
constexpr std::uint32_t kU32 = 4;
constexpr std::uint32_t kI32 = 5;
constexpr std::uint32_t kF32 = 6;
constexpr std::uint32_t kBool = 7;
constexpr std::uint32_t kText = 8;
constexpr std::uint32_t kList = 9;

std::string listHead(std::uint32_t type, std::size_t size)
{
    std::string out;
    append(out, type);
    append<std::uint64_t>(out, size);
    return out;
}

template <typename Number>
std::string packedList(std::uint32_t type, const std::vector<Number>& values)
{
    std::string out = listHead(type, values.size());
    for (const Number value : values)
        append(out, value);
    return out;
}

std::uint64_t alignedUp(std::uint64_t value, std::uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

std::uint32_t ggmlNumber(engine::file::TensorType type)
{
    // In the order of the enumeration.
    static constexpr std::array<std::uint32_t, 15> kNumbers{0,  1,  30, 2,  3,  6,  7, 8,
                                                            10, 11, 12, 13, 14, 20, 23};
    return kNumbers[static_cast<std::size_t>(type)];
}

std::uint64_t sizeOf(engine::file::TensorType type, const std::vector<std::uint64_t>& shape)
{
    const auto& info = engine::file::typeInfo(type);
    std::uint64_t elements = 1;
    for (const std::uint64_t extent : shape)
        elements *= extent;
    return elements / info.blockElements * info.blockBytes;
}

void GgufWriter::raw(const std::string& key, std::uint32_t type, const std::string& value)
{
    appendText(m_keys, key);
    append(m_keys, type);
    m_keys += value;
    ++keyCount;
}

void GgufWriter::text(const std::string& key, const std::string& value)
{
    std::string out;
    appendText(out, value);
    raw(key, kText, out);
}

void GgufWriter::u16(const std::string& key, std::uint16_t value)
{
    raw(key, kU16, packed(value));
}

void GgufWriter::u32(const std::string& key, std::uint32_t value)
{
    raw(key, kU32, packed(value));
}

void GgufWriter::i32(const std::string& key, std::int32_t value)
{
    raw(key, kI32, packed(value));
}

void GgufWriter::f32(const std::string& key, float value)
{
    raw(key, kF32, packed(value));
}

void GgufWriter::boolean(const std::string& key, bool value)
{
    raw(key, kBool, std::string(1, value ? '\1' : '\0'));
}

void GgufWriter::texts(const std::string& key, const std::vector<std::string>& values)
{
    std::string out = listHead(kText, values.size());
    for (const std::string& value : values)
        appendText(out, value);
    raw(key, kList, out);
}

void GgufWriter::i32s(const std::string& key, const std::vector<std::int32_t>& values)
{
    raw(key, kList, packedList(kI32, values));
}

void GgufWriter::f32s(const std::string& key, const std::vector<float>& values)
{
    raw(key, kList, packedList(kF32, values));
}

void GgufWriter::booleans(const std::string& key, const std::vector<bool>& values)
{
    std::string out = listHead(kBool, values.size());
    for (const bool value : values)
        out += value ? '\1' : '\0';
    raw(key, kList, out);
}

void GgufWriter::tensor(const std::string& name, const std::vector<std::uint64_t>& shape,
                        engine::file::TensorType type, Bytes bytes)
{
    const std::uint64_t offset =
        tensors.empty() ? 0 : alignedUp(tensors.back().offset + tensors.back().size, alignment);
    tensors.push_back(
        {name, shape, ggmlNumber(type), offset, sizeOf(type, shape), std::move(bytes)});
}

std::string GgufWriter::header() const
{
    std::string out = "GGUF";
    append(out, version);
    append<std::uint64_t>(out, tensors.size());
    append(out, keyCount);
    out += m_keys;
    for (const Tensor& tensor : tensors) {
        appendText(out, tensor.name);
        append(out, static_cast<std::uint32_t>(tensor.shape.size()));
        for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent)
            append(out, *extent);
        append(out, tensor.type);
        append(out, tensor.offset);
    }
    out.resize(alignedUp(out.size(), alignment), '\0');
    return out;
}

void GgufWriter::write(const std::filesystem::path& path) const
{
    std::ofstream stream(path, std::ios::binary);
    stream << header();
    std::uint64_t position = 0;
    for (const Tensor& tensor : tensors) {
        for (; position < tensor.offset; ++position)
            stream.put('\0');
        const std::vector<std::byte> bytes = tensor.bytes();
        stream.write(reinterpret_cast<const char*>(bytes.data()),
                     static_cast<std::streamsize>(bytes.size()));
        position += bytes.size();
    }
}

std::string GgufWriter::file() const
{
    std::string out = header();
    const std::size_t data = out.size();
    for (const Tensor& tensor : tensors) {
        const std::vector<std::byte> bytes = tensor.bytes();
        out.resize(std::max<std::size_t>(out.size(), data + tensor.offset + bytes.size()), '\0');
        std::memcpy(out.data() + data + tensor.offset, bytes.data(), bytes.size());
    }
    return out;
}

}  // namespace tests
