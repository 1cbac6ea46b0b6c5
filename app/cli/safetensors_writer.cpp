#include "app/cli/safetensors_writer.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "app/cli/output.h"

namespace app::cli {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

engine::Error cannotWrite(const std::filesystem::path& path, const std::string& why)
{
    return {engine::ErrorCode::InvalidInput, path.string() + " cannot be written: " + why + "."};
}

std::uint64_t byteSize(const FloatTensor& tensor)
{
    std::uint64_t size = sizeof(float);
    for (const std::uint64_t extent : tensor.shape)
        size *= extent;
    return size;
}

}  // namespace

engine::Result<SafetensorsWriter> SafetensorsWriter::create(const std::filesystem::path& path)
{
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        return cannotWrite(path, "it is not a plain file");
    SafetensorsWriter writer(path, -1);
    constexpr mode_t kMode = 0666;
    writer.m_descriptor =
        open(writer.partialPath().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
    if (writer.m_descriptor < 0)
        return writer.failure();
    return writer;
}

SafetensorsWriter::SafetensorsWriter(std::filesystem::path path, int descriptor)
    : m_path(std::move(path))
    , m_descriptor(descriptor)
{
}

SafetensorsWriter::SafetensorsWriter(SafetensorsWriter&& other) noexcept
    : m_path(std::move(other.m_path))
    , m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_starts(std::move(other.m_starts))
{
}

SafetensorsWriter::~SafetensorsWriter()
{
    if (m_descriptor < 0)
        return;
    close(m_descriptor);
    unlink(partialPath().c_str());
}

engine::Result<void> SafetensorsWriter::begin(const std::vector<FloatTensor>& tensors)
{
    Json header = Json::object();
    std::uint64_t end = 0;
    for (const FloatTensor& tensor : tensors) {
        m_starts.push_back(end);
        end += byteSize(tensor);
        header[tensor.name] = {
            {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {m_starts.back(), end}}};
    }
    std::string text = header.dump();
    constexpr std::size_t kAlignment = 8;
    text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');

    const std::uint64_t length = text.size();
    const std::uint64_t dataStart = sizeof length + length;
    for (std::uint64_t& start : m_starts)
        start += dataStart;
    if (ftruncate(m_descriptor, static_cast<off_t>(dataStart + end)) != 0 ||
        !writeAt(0, std::as_bytes(std::span(&length, 1))) ||
        !writeAt(sizeof length, std::as_bytes(std::span(text))))
        return failure();
    return {};
}

engine::Result<void> SafetensorsWriter::write(std::size_t tensor, std::uint64_t offset,
                                              std::span<const float> values)
{
    if (!writeAt(m_starts[tensor] + offset * sizeof(float), std::as_bytes(values)))
        return failure();
    return {};
}

engine::Result<void> SafetensorsWriter::finish()
{
    const int closed = close(std::exchange(m_descriptor, -1));
    if (closed != 0 || rename(partialPath().c_str(), m_path.c_str()) != 0) {
        const engine::Error error = failure();
        unlink(partialPath().c_str());
        return error;
    }
    return {};
}

engine::Error SafetensorsWriter::failure() const
{
    return cannotWrite(m_path, std::strerror(errno));
}

std::filesystem::path SafetensorsWriter::partialPath() const
{
    return m_path.string() + ".partial";
}

bool SafetensorsWriter::writeAt(std::uint64_t position, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t count =
            pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(position));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        position += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace app::cli
