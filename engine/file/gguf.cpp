#include "engine/file/gguf.h"

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "engine/file/gguf_header.h"
#include "engine/file/mapped_file.h"

namespace engine::file {

namespace {

constexpr std::int64_t kMaxFilesOfSet = 1000;

Error invalid(const std::filesystem::path& path, const std::string& what)
{
    return {ErrorCode::InvalidFile, path.string() + " " + what};
}

// "model-00002-of-00003.gguf": the stem, which file it is (from 1), and of how many.
struct SplitName {
    std::string stem;
    std::int64_t number = 0;
    std::int64_t count = 0;

    static std::optional<SplitName> parse(const std::filesystem::path& path);
    std::string nameOf(std::int64_t which) const;
};

std::optional<std::int64_t> fiveDigits(const std::string& text, std::size_t at)
{
    std::int64_t value = 0;
    for (std::size_t i = at; i < at + 5; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

std::optional<SplitName> SplitName::parse(const std::filesystem::path& path)
{
    constexpr std::size_t kSuffix = sizeof "-00001-of-00003.gguf" - 1;
    const std::string name = path.filename().string();
    if (name.size() < kSuffix || !name.ends_with(".gguf"))
        return std::nullopt;
    const std::size_t start = name.size() - kSuffix;
    if (name[start] != '-' || name.compare(start + 6, 4, "-of-") != 0)
        return std::nullopt;
    const auto number = fiveDigits(name, start + 1);
    const auto count = fiveDigits(name, start + 10);
    if (!number || !count || *number < 1 || *number > *count)
        return std::nullopt;
    return SplitName{name.substr(0, start), *number, *count};
}

std::string SplitName::nameOf(std::int64_t which) const
{
    std::array<char, 64> suffix{};
    std::snprintf(suffix.data(), suffix.size(), "-%05lld-of-%05lld.gguf",
                  static_cast<long long>(which), static_cast<long long>(count));
    return stem + suffix.data();
}

// Moves what one file holds into the model.
Result<void> add(ModelFiles& model, const std::shared_ptr<const MappedFile>& file,
                 GgufHeader header)
{
    for (GgufTensor& tensor : header.tensors) {
        const auto [place, isNew] =
            model.tensors.tensors.emplace(tensor.name, std::move(tensor.stored));
        if (!isNew)
            return invalid(file->path(), "has the tensor " + place->first +
                                             ", which another file of the set has too.");
    }
    model.tensors.files.push_back(file);
    return {};
}

// Opens all files of the set that the file at `path` belongs to by its name.
Result<ModelFiles> openSet(const std::filesystem::path& path, const SplitName& name)
{
    ModelFiles model;
    model.path = path;
    std::optional<std::int64_t> tensorCount;
    for (std::int64_t number = 1; number <= name.count; ++number) {
        const auto part = path.parent_path() / name.nameOf(number);
        std::error_code ignored;
        if (!std::filesystem::exists(part, ignored))
            return invalid(part, "is missing: it belongs to the same split model as " +
                                     path.filename().string() + ".");
        ENGINE_TRY(const auto file, MappedFile::open(part));
        ENGINE_TRY(auto header, readGgufHeader(*file));
        if (header.metadata.integer("split.count") != name.count ||
            header.metadata.integer("split.no") != number - 1)
            return invalid(part, "is not the part of a split model that its name says: its keys "
                                 "split.no and split.count differ.");
        if (number == 1) {
            tensorCount = header.metadata.integer("split.tensors.count");
            model.metadata = std::move(header.metadata);
        }
        ENGINE_TRY_VOID(add(model, file, std::move(header)));
    }
    const auto found = static_cast<std::int64_t>(model.tensors.tensors.size());
    if (tensorCount && *tensorCount != found)
        return invalid(path, "belongs to a split model of " + std::to_string(*tensorCount) +
                                 " tensors, but its files hold " + std::to_string(found) + ".");
    return model;
}

}  // namespace

Result<ModelFiles> openGguf(const std::filesystem::path& path)
{
    ENGINE_TRY(const auto file, MappedFile::open(path));
    ENGINE_TRY(auto header, readGgufHeader(*file));

    const auto name = SplitName::parse(path);
    if (header.metadata.integer("split.count").value_or(1) != 1 || (name && name->count > 1)) {
        if (!name || name->count > kMaxFilesOfSet)
            return invalid(path, "is one file of a split model, but its name does not end like "
                                 "-00001-of-00003.gguf, so the others cannot be found.");
        return openSet(path, *name);
    }

    ModelFiles model;
    model.path = path;
    model.metadata = std::move(header.metadata);
    ENGINE_TRY_VOID(add(model, file, std::move(header)));
    return model;
}

}  // namespace engine::file
