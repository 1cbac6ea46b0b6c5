#include "engine/size_list.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/file/json_text.h"

namespace engine {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxText = 1U << 20;
constexpr std::size_t kMaxSizes = 64;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxLayers = 1024;

std::string folded(std::string_view name)
{
    std::string result;
    for (const char c : name)
        result += c == '-' || c == '_'
                      ? ' '
                      : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

// One size of a list. The first thing that is wrong is kept.
class Reader {
public:
    Reader(const json& object, std::string where, std::uint32_t layers)
        : m_object(object)
        , m_where(std::move(where))
        , m_layers(layers)
    {
    }

    Result<ModelSize> read()
    {
        if (!m_object.is_object())
            return Error{ErrorCode::InvalidFile, m_where + " is not an object."};
        ModelSize size;
        readName(size);
        readWidths(size);
        readSkipped(size);
        if (m_problem)
            return Error{ErrorCode::InvalidFile, m_where + ": " + *m_problem};
        return size;
    }

private:
    void complain(std::string problem)
    {
        if (!m_problem)
            m_problem = std::move(problem);
    }

    // A number's name would be taken for a fraction.
    void readName(ModelSize& size)
    {
        const auto name = m_object.find("name");
        if (name == m_object.end() || !name->is_string())
            return complain("it has no name.");
        size.name = name->get<std::string>();
        const auto isControl = [](char c) {
            return std::iscntrl(static_cast<unsigned char>(c)) != 0;
        };
        if (size.name.empty() || size.name.size() > kMaxName ||
            std::any_of(size.name.begin(), size.name.end(), isControl))
            complain("its name must have 1 to " + std::to_string(kMaxName) +
                     " bytes, all of them printable.");
        else if (size.name.find_first_not_of("0123456789.,-+eE% ") == std::string::npos)
            complain("its name is a number.");
    }

    std::uint32_t number(const json& value, const char* key)
    {
        if (value.is_number_unsigned()) {
            const auto number = value.get<std::uint64_t>();
            if (number <= std::numeric_limits<std::int32_t>::max())
                return static_cast<std::uint32_t>(number);
        }
        complain(std::string(key) + " must hold whole numbers, from 0 up to 2147483647.");
        return 0;
    }

    void readNumbers(const json& list, const char* key, std::vector<std::uint32_t>& numbers)
    {
        if (!list.is_array())
            return complain(std::string(key) + " is not a list.");
        if (list.size() > kMaxLayers)
            return complain(std::string(key) + " is longer than any model.");
        for (const json& value : list)
            numbers.push_back(number(value, key));
    }

    void readWidths(ModelSize& size)
    {
        const auto widths = m_object.find("ffn");
        if (widths == m_object.end())
            return complain("it has no ffn, the widths of its layers.");
        if (widths->is_number())
            size.ffnWidths.assign(m_layers, number(*widths, "ffn"));
        else
            readNumbers(*widths, "ffn", size.ffnWidths);
    }

    void readSkipped(ModelSize& size)
    {
        if (const auto skipped = m_object.find("skip"); skipped != m_object.end())
            readNumbers(*skipped, "skip", size.skippedLayers);
    }

    const json& m_object;
    std::string m_where;
    std::uint32_t m_layers;
    std::optional<std::string> m_problem;
};

}  // namespace

bool isSameSizeName(std::string_view a, std::string_view b)
{
    return folded(a) == folded(b);
}

Result<std::vector<ModelSize>> parseSizeList(std::string_view text, const std::string& source,
                                             std::uint32_t layers)
{
    if (text.size() > kMaxText)
        return Error{ErrorCode::InvalidFile, source + " is too large for a list of sizes."};
    ENGINE_TRY(const json object, file::parseJsonObject(text, source, file::DuplicateKeys::Refuse));
    const auto list = object.find("sizes");
    if (list == object.end() || !list->is_array() || list->empty() || list->size() > kMaxSizes)
        return Error{ErrorCode::InvalidFile, source + " must have a list named sizes with 1 to " +
                                                 std::to_string(kMaxSizes) + " entries."};
    std::vector<ModelSize> sizes;
    for (const json& entry : *list) {
        const std::string where = source + ", size " + std::to_string(sizes.size() + 1);
        ENGINE_TRY(ModelSize size, Reader(entry, where, layers).read());
        const auto isSame = [&size](const ModelSize& other) {
            return isSameSizeName(other.name, size.name);
        };
        if (std::any_of(sizes.begin(), sizes.end(), isSame))
            return Error{ErrorCode::InvalidFile,
                         source + " has two sizes named " + size.name + "."};
        sizes.push_back(std::move(size));
    }
    return sizes;
}

}  // namespace engine
