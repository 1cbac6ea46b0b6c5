#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/file/model_files.h"

namespace engine::file {

namespace {

std::optional<std::int64_t> rounded(double value)
{
    // 2⁶² rather than the exact limit, which a double cannot hold.
    if (!std::isfinite(value) || std::abs(value) > 0x1p62)
        return std::nullopt;
    return std::llround(value);
}

// Calls `use` with the value of `key`; a nullopt of its result type where the key is absent.
template <typename Use>
auto visitValue(const Metadata& metadata, std::string_view key, Use use)
    -> decltype(use(std::int64_t{}))
{
    const auto found = metadata.values.find(key);
    if (found == metadata.values.end())
        return std::nullopt;
    return std::visit(use, found->second);
}

struct ToInteger {
    using Value = std::optional<std::int64_t>;

    Value operator()(bool value) const { return value ? 1 : 0; }
    Value operator()(std::int64_t value) const { return value; }
    Value operator()(std::uint64_t value) const
    {
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return std::nullopt;
        return static_cast<std::int64_t>(value);
    }
    Value operator()(double value) const { return rounded(value); }
    template <typename Other>
    Value operator()(const Other&) const
    {
        return std::nullopt;
    }
};

struct ToReal {
    using Value = std::optional<double>;

    Value operator()(std::int64_t value) const { return static_cast<double>(value); }
    Value operator()(std::uint64_t value) const { return static_cast<double>(value); }
    Value operator()(double value) const { return value; }
    template <typename Other>
    Value operator()(const Other&) const
    {
        return std::nullopt;
    }
};

template <typename Element>
constexpr bool kIsText = std::is_same_v<Element, std::string>;

// Every list of numbers, and a scalar as a list of one, with `Convert` for each element.
template <typename Convert, typename Element>
struct ToList {
    using Value = std::optional<std::vector<Element>>;

    template <typename Stored>
    Value operator()(const std::vector<Stored>& list) const
    {
        if constexpr (kIsText<Stored>) {
            return std::nullopt;
        } else {
            std::vector<Element> converted;
            converted.reserve(list.size());
            for (const Stored element : list) {
                const auto value = Convert{}(element);
                if (!value)
                    return std::nullopt;
                converted.push_back(*value);
            }
            return converted;
        }
    }
    template <typename Scalar>
    Value operator()(const Scalar& scalar) const
    {
        if (const auto value = Convert{}(scalar))
            return std::vector<Element>{*value};
        return std::nullopt;
    }
};

}  // namespace

std::optional<std::int64_t> Metadata::integer(std::string_view key) const
{
    return visitValue(*this, key, ToInteger{});
}

std::optional<double> Metadata::real(std::string_view key) const
{
    return visitValue(*this, key, ToReal{});
}

std::optional<std::string> Metadata::text(std::string_view key) const
{
    const auto found = values.find(key);
    if (found == values.end() || !std::holds_alternative<std::string>(found->second))
        return std::nullopt;
    return std::get<std::string>(found->second);
}

std::optional<std::vector<std::int64_t>> Metadata::integers(std::string_view key) const
{
    return visitValue(*this, key, ToList<ToInteger, std::int64_t>{});
}

std::optional<std::vector<double>> Metadata::reals(std::string_view key) const
{
    return visitValue(*this, key, ToList<ToReal, double>{});
}

std::optional<std::vector<bool>> Metadata::booleans(std::string_view key) const
{
    const auto numbers = integers(key);
    if (!numbers)
        return std::nullopt;
    std::vector<bool> booleans;
    booleans.reserve(numbers->size());
    for (const std::int64_t number : *numbers)
        booleans.push_back(number != 0);
    return booleans;
}

const std::vector<std::string>* Metadata::texts(std::string_view key) const
{
    const auto found = values.find(key);
    return found == values.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
}

}  // namespace engine::file
