#include "engine/size_catalogue.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "engine/file/byte_reader.h"
#include "engine/file/mapped_file.h"
#include "engine/published_sizes.h"
#include "engine/size_list.h"

namespace engine {
namespace {

using decoder::Slice;

constexpr std::string_view kWhole = "whole";
constexpr std::string_view kSizesKey = "nestling.matformer.sizes";

Error invalid(std::string sentence)
{
    return {ErrorCode::InvalidInput, std::move(sentence)};
}

// Where a list may lie: beside a GGUF file, under its own name before one for the whole folder.
std::vector<std::filesystem::path> listPaths(const file::ModelFiles& files)
{
    if (files.format == file::Format::HuggingFace)
        return {files.path / "sizes.json"};
    const auto folder = files.path.parent_path();
    return {folder / (files.path.stem().string() + ".sizes.json"), folder / "sizes.json"};
}

Result<std::vector<ModelSize>> readList(const std::filesystem::path& path, std::uint32_t layers)
{
    ENGINE_TRY(const auto mapped, file::MappedFile::open(path));
    return parseSizeList(file::asText(mapped->bytes()), path.string(), layers);
}

bool contains(const Slice& large, const Slice& small)
{
    for (std::size_t i = 0; i < large.layers.size(); ++i) {
        if (small.layers[i].isActive &&
            (!large.layers[i].isActive || large.layers[i].ffnWidth < small.layers[i].ffnWidth))
            return false;
    }
    return true;
}

// Takes over the layers of `to` one after the other, from the last to the first, so that later
// layers are the wider ones: what the MatFormer paper found to be best between trained sizes.
void walk(const Slice& from, const Slice& to, const decoder::Slicer& slicer,
          const std::function<void(const Slice&)>& visit)
{
    Slice slice = from;
    for (std::size_t i = slice.layers.size(); i-- > 0;) {
        if (slice.layers[i] == to.layers[i])
            continue;
        slice.layers[i] = to.layers[i];
        // A layer may not come back before the one that it borrows from.
        if (slicer.slice(decoder::Slicer::sizeOf(slice)))
            visit(slice);
    }
}

std::optional<double> asNumber(std::string_view text)
{
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string percent(double share)
{
    return std::to_string(std::lround(share * 100.0)) + " %";
}

std::string inQuotes(std::string_view text)
{
    return "\"" + std::string(text) + "\"";
}

}  // namespace

SizeCatalogue::SizeCatalogue(const file::ModelFiles& files, const decoder::DecoderConfig& config,
                             const decoder::DecoderSources& sources)
    : m_slicer(config, sources)
    , m_whole(Slice::whole(config))
    , m_wholeParameters(m_slicer.costs(m_whole).parameters)
{
    ModelSize whole = decoder::Slicer::sizeOf(m_whole);
    whole.name = kWhole;
    add(whole, publishedSizes(config).empty() ? 0.0 : kMmluOfE4b);
    m_ladder.push_back(m_whole);
    if (config.architecture == decoder::Architecture::Gemma3n) {
        addPublished(config);
        addListed(files);
    }
    finish(config);
}

void SizeCatalogue::addPublished(const decoder::DecoderConfig& config)
{
    for (const PublishedSize& published : publishedSizes(config)) {
        add(published.size, published.mmlu);
        if (auto slice = m_slicer.slice(published.size); slice && published.leadsToTheNext)
            m_ladder.push_back(*std::move(slice));
    }
}

void SizeCatalogue::addListed(const file::ModelFiles& files)
{
    Result<std::vector<ModelSize>> listed = std::vector<ModelSize>();
    if (const auto text = files.metadata.text(kSizesKey)) {
        listed = parseSizeList(*text, std::string(kSizesKey), m_slicer.layers());
    } else {
        std::error_code ignored;
        for (const auto& path : listPaths(files)) {
            if (!std::filesystem::exists(path, ignored))
                continue;
            listed = readList(path, m_slicer.layers());
            break;
        }
    }
    if (!listed) {
        m_sizes.hint = listed.error().message;
        return;
    }
    for (const ModelSize& size : *listed) {
        add(size, 0.0);
        if (auto slice = m_slicer.slice(size))
            m_ladder.push_back(*std::move(slice));
    }
}

// A size that is the whole, or is listed under the same name, is there already: the file's name for
// the whole is the better one.
void SizeCatalogue::add(const ModelSize& size, double mmlu)
{
    SizeInfo info;
    info.size = size;
    const auto slice = m_slicer.slice(size);
    if (slice && *slice == m_whole && !m_sizes.sizes.empty()) {
        m_sizes.sizes.front().size.name = size.name;
        return;
    }
    const auto isSame = [&size](const SizeInfo& other) {
        return isSameSizeName(other.size.name, size.name);
    };
    if (std::any_of(m_sizes.sizes.begin(), m_sizes.sizes.end(), isSame)) {
        m_sizes.hint = "The file lists a size named " + inQuotes(size.name) +
                       ", which has another meaning already.";
        return;
    }
    if (slice) {
        info = *describe(size);
        info.publishedMmlu = mmlu;
    } else {
        info.refusal = slice.error().message;
    }
    m_sizes.sizes.push_back(std::move(info));
}

void SizeCatalogue::finish(const decoder::DecoderConfig& config)
{
    const auto isLarger = [](const SizeInfo& a, const SizeInfo& b) {
        return a.parameters > b.parameters;
    };
    std::stable_sort(m_sizes.sizes.begin() + 1, m_sizes.sizes.end(), isLarger);

    const auto parameters = [this](const Slice& slice) { return m_slicer.costs(slice).parameters; };
    std::stable_sort(m_ladder.begin(), m_ladder.end(),
                     [&](const Slice& a, const Slice& b) { return parameters(a) < parameters(b); });
    std::vector<Slice> rungs;
    for (Slice& slice : m_ladder) {
        if (rungs.empty() || (contains(slice, rungs.back()) && slice != rungs.back()))
            rungs.push_back(std::move(slice));
    }
    m_ladder = std::move(rungs);

    m_sizes.isNested = m_ladder.size() > 1;
    m_sizes.smallestShare =
        static_cast<double>(parameters(m_ladder.front())) / static_cast<double>(m_wholeParameters);
    if (m_sizes.isNested || !m_sizes.hint.empty())
        return;
    if (config.architecture == decoder::Architecture::Gemma3)
        m_sizes.hint = "Gemma 3 models have one size: nothing smaller is nested in them.";
    else if (isShapedLikeE2b(config))
        m_sizes.hint = "This is E2B, the smallest size: nothing smaller is nested in it.";
    else
        m_sizes.hint = "The file does not say that smaller sizes are nested in it.";
}

Result<SizeInfo> SizeCatalogue::describe(const ModelSize& size) const
{
    ENGINE_TRY(const Slice slice, m_slicer.slice(size));
    const decoder::SliceCosts costs = m_slicer.costs(slice);
    SizeInfo info;
    info.size = size;
    info.parameters = costs.parameters;
    info.share = static_cast<double>(costs.parameters) / static_cast<double>(m_wholeParameters);
    info.weightBytes = costs.deviceBytes;
    info.weightBytesPerToken = costs.bytesPerToken;
    return info;
}

Result<SizeInfo> SizeCatalogue::ofFraction(double fraction) const
{
    const bool isInRange = fraction > 0.0 && fraction <= 1.0;  // false for NaN
    if (!isInRange)
        return invalid("A size given as a fraction must be above 0 and at most 1.");
    if (!m_sizes.isNested && fraction < 1.0)
        return invalid(m_sizes.hint + " Only the whole model can be used.");
    // A share that was shown rounded is not refused.
    if (fraction < m_sizes.smallestShare - 0.005)
        return invalid("The smallest size in this file is " + percent(m_sizes.smallestShare) +
                       " of the model.");

    const auto distance = [&](const Slice& slice) {
        const auto parameters = static_cast<double>(m_slicer.costs(slice).parameters);
        return std::abs(parameters / static_cast<double>(m_wholeParameters) - fraction);
    };
    Slice best = m_ladder.front();
    const auto consider = [&](const Slice& slice) {
        if (distance(slice) < distance(best))
            best = slice;
    };
    for (std::size_t i = 0; i + 1 < m_ladder.size(); ++i)
        walk(m_ladder[i], m_ladder[i + 1], m_slicer, consider);

    for (const SizeInfo& known : m_sizes.sizes) {
        if (const auto slice = m_slicer.slice(known.size); slice && *slice == best)
            return known;
    }
    ENGINE_TRY(SizeInfo info, describe(decoder::Slicer::sizeOf(best)));
    info.size.name = percent(info.share);
    return info;
}

Result<SizeInfo> SizeCatalogue::find(std::string_view text) const
{
    for (const SizeInfo& info : m_sizes.sizes) {
        if (!isSameSizeName(info.size.name, text))
            continue;
        if (!info.refusal.empty())
            return invalid("The size " + inQuotes(info.size.name) +
                           " cannot be used: " + info.refusal);
        return info;
    }
    if (isSameSizeName(text, kWhole) || isSameSizeName(text, "full"))
        return m_sizes.sizes.front();
    if (const auto fraction = asNumber(text))
        return ofFraction(*fraction);
    std::string names;
    for (const SizeInfo& info : m_sizes.sizes)
        names += (names.empty() ? "" : ", ") + info.size.name;
    return invalid("There is no size " + inQuotes(text) + "; this model has: " + names + "." +
                   (m_sizes.hint.empty() ? "" : " " + m_sizes.hint));
}

Result<SizeInfo> SizeCatalogue::fromFile(const std::filesystem::path& path,
                                         std::string_view name) const
{
    ENGINE_TRY(const auto listed, readList(path, m_slicer.layers()));
    if (name.empty() && listed.size() == 1)
        return describe(listed.front());
    std::string names;
    for (const ModelSize& size : listed) {
        if (isSameSizeName(size.name, name))
            return describe(size);
        names += (names.empty() ? "" : ", ") + size.name;
    }
    return invalid(
        path.string() +
        (name.empty() ? " lists several sizes; choose one: " : " lists no such size; it has: ") +
        names + ".");
}

}  // namespace engine
