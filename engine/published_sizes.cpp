#include "engine/published_sizes.h"

#include <algorithm>
#include <array>
#include <span>

namespace engine {
namespace {

constexpr std::uint32_t kHidden = 2048;
constexpr std::uint32_t kLayersOfE4b = 35;
constexpr std::uint32_t kLayersOfE2b = 30;
constexpr std::uint32_t kKvLayers = 20;
constexpr std::uint32_t kWide = 16384;
constexpr std::uint32_t kNarrow = 8192;

// Layers first to last.
struct Layers {
    std::uint32_t first;
    std::uint32_t last;
};

// Layers that are not wide are narrow.
struct Row {
    const char* name;
    double mmlu;
    bool skipsBlock;  // layers 20 to 24
    bool leadsToTheNext;
    std::array<Layers, 5> wide;
    std::size_t wideCount;
};

constexpr std::array kRows{
    Row{"E3.79B layer", 63.4, false, true, {{{4, 34}}}, 1},
    Row{"E3.79B block", 62.0, false, false, {{{5, 34}}}, 1},
    Row{"E3.59B layer", 63.4, false, true, {{{4, 29}, {34, 34}}}, 2},
    Row{"E3.49B block", 61.4, false, false, {{{5, 29}}}, 1},
    Row{"E3.39B layer", 63.0, false, true, {{{4, 4}, {9, 29}, {34, 34}}}, 3},
    Row{"E3.24B block", 60.7, false, false, {{{10, 29}}}, 1},
    Row{"E3.18B layer", 61.8, false, true, {{{4, 4}, {9, 24}, {29, 29}, {34, 34}}}, 4},
    Row{"E2.98B layer", 59.5, false, false, {{{15, 24}, {30, 34}}}, 2},
    Row{"E2.98B block", 59.5, false, false, {{{10, 24}}}, 1},
    Row{"E2.73B block", 57.1, false, false, {{{15, 24}}}, 1},
    Row{"E2.69B layer", 57.7, false, true, {{{4, 4}, {9, 9}, {14, 14}, {19, 24}}}, 4},
    Row{"E2.54B layer", 55.4, false, true, {{{4, 4}, {20, 24}}}, 2},
    Row{"E2.49B block", 54.5, false, false, {{{20, 24}}}, 1},
    Row{"E1.96B layer", 53.4, true, true, {{{4, 4}}}, 1},
    Row{"E2B", 50.9, true, true, {}, 0},
};

bool hasShape(const decoder::DecoderConfig& config, std::uint32_t layers, std::uint32_t width)
{
    return config.architecture == decoder::Architecture::Gemma3n && config.hiddenSize == kHidden &&
           config.layers.size() == layers && config.kvLayers == kKvLayers &&
           std::all_of(
               config.layers.begin(), config.layers.end(),
               [width](const decoder::LayerConfig& layer) { return layer.ffnWidth == width; });
}

PublishedSize toSize(const Row& row)
{
    PublishedSize published{{row.name, {}, {}}, row.mmlu, row.leadsToTheNext};
    published.size.ffnWidths.assign(kLayersOfE4b, kNarrow);
    for (const auto& [first, last] : std::span(row.wide).first(row.wideCount)) {
        for (std::uint32_t layer = first; layer <= last; ++layer)
            published.size.ffnWidths[layer] = kWide;
    }
    if (row.skipsBlock)
        published.size.skippedLayers = {20, 21, 22, 23, 24};
    return published;
}

}  // namespace

std::vector<PublishedSize> publishedSizes(const decoder::DecoderConfig& config)
{
    std::vector<PublishedSize> sizes;
    if (hasShape(config, kLayersOfE4b, kWide))
        std::transform(kRows.begin(), kRows.end(), std::back_inserter(sizes), toSize);
    return sizes;
}

bool isShapedLikeE2b(const decoder::DecoderConfig& config)
{
    return hasShape(config, kLayersOfE2b, kNarrow);
}

}  // namespace engine
