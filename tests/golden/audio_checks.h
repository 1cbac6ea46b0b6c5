#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <QTest>

#include "engine/audio_state.h"
#include "engine/encoders.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_audio.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"

namespace tests {

// What the project promises (tests/data/golden/README.md).
constexpr double kLargestAudioError = 2e-4;  // as a share of the largest value
constexpr double kLargestAudioAngle = 1e-6;  // 1 - cosine, of every row
constexpr double kLargestPieceError = 1e-5;  // of sound in pieces against sound in one

// A golden set and its encoder on a device.
struct LoadedAudio {
    GoldenAudio set;
    std::shared_ptr<const engine::AudioEncoder> encoder;
};

inline engine::Result<LoadedAudio> loadAudioSet(std::shared_ptr<engine::Device> device,
                                                const std::filesystem::path& folder)
{
    LoadedAudio loaded;
    ENGINE_TRY(loaded.set, readGoldenAudio(folder));
    ENGINE_TRY(loaded.encoder, loadGoldenAudio(std::move(device), loaded.set));
    return loaded;
}

// 1 - cosine of the rows that are least alike.
inline double largestRowAngle(std::span<const float> actual, std::span<const float> expected,
                              std::size_t width)
{
    double largest = 0.0;
    for (std::size_t row = 0; row < expected.size(); row += width) {
        double dot = 0.0;
        double ours = 0.0;
        double theirs = 0.0;
        for (std::size_t c = row; c < row + width; ++c) {
            dot += double{actual[c]} * expected[c];
            ours += double{actual[c]} * actual[c];
            theirs += double{expected[c]} * expected[c];
        }
        largest = std::max(largest, 1.0 - dot / std::sqrt(ours * theirs));
    }
    return largest;
}

// What an encoder makes of a clip: its rows without padding, and what front and blocks compute.
struct Heard {
    std::vector<float> rows;
    std::vector<std::vector<float>> stages;  // [frames × hidden] of the front and of each block
    engine::audio::ListenerCounters counters;
};

// Encodes samples in pieces of up to `piece`, of random sizes where `seed` is not 0.
inline engine::Result<Heard> hear(const std::shared_ptr<const engine::AudioEncoder>& encoder,
                                  std::span<const float> samples, std::size_t piece,
                                  std::uint32_t seed = 0, bool withStages = false)
{
    ENGINE_TRY(auto clip, engine::AudioClip::create(encoder));
    Heard heard;
    if (withStages) {
        heard.stages.resize(1 + encoder->state().config.layers);
        clip.state().listener->observe([&](std::uint32_t stage, std::span<const float> frames) {
            auto& values = heard.stages[stage];
            values.insert(values.end(), frames.begin(), frames.end());
        });
    }
    const auto sizes = randomIds(samples.size(), seed, static_cast<std::uint32_t>(piece));
    for (std::size_t first = 0, i = 0; first < samples.size(); ++i) {
        const std::size_t size =
            std::min(seed == 0 ? piece : sizes[i] + std::size_t{1}, samples.size() - first);
        ENGINE_TRY_VOID(clip.push(samples.subspan(first, size), {}));
        first += size;
    }
    ENGINE_TRY_VOID(clip.finish({}));
    ENGINE_TRY(heard.rows, engine::readRows(clip.rows()));
    heard.counters = clip.state().listener->counters();
    return heard;
}

// The part of a stage that the sets have: some columns of every `every`-th frame.
inline std::vector<float> sampledStage(const std::vector<float>& values, std::size_t hidden,
                                       std::size_t every)
{
    std::vector<float> result;
    for (std::size_t row = 0; row < values.size(); row += every * hidden)
        result.insert(result.end(), values.begin() + static_cast<std::ptrdiff_t>(row),
                      values.begin() +
                          static_cast<std::ptrdiff_t>(row + GoldenAudio::kBlockColumns));
    return result;
}

// Every clip of the set in one piece, to the published rows and what is on the way to them.
inline void checkClips(const LoadedAudio& loaded)
{
    for (const GoldenAudio::Case& expected : loaded.set.cases) {
        const auto heard = hear(loaded.encoder, expected.samples, expected.samples.size(), 0, true);
        QVERIFY2(heard, heard ? "" : heard.error().message.c_str());
        double worstStage = 0.0;
        for (std::size_t stage = 0; stage < expected.blocks.size(); ++stage)
            worstStage = std::max(
                worstStage, relativeError(sampledStage(heard->stages[stage], loaded.set.hidden,
                                                       expected.blockEvery),
                                          expected.blocks[stage]));
        const double error = relativeError(heard->rows, expected.softTokens);
        QCOMPARE(heard->rows.size(), expected.softTokens.size());
        const double angle =
            largestRowAngle(heard->rows, expected.softTokens, loaded.set.textHidden);
        qInfo("| %-16s | %-23s | blocks %.1e | rows %.1e | 1 - cosine %.1e |",
              loaded.set.name.c_str(), expected.clip.c_str(), worstStage, error, angle);
        QVERIFY(worstStage <= kLargestAudioError);
        QVERIFY(error <= kLargestAudioError);
        QVERIFY(angle <= kLargestAudioAngle);
    }
}

// The rows that clips end with, and are filled with.
inline void checkHardRows(const LoadedAudio& loaded)
{
    const auto end = engine::readRows(loaded.encoder->endOfAudio());
    const auto padding = engine::readRows(loaded.encoder->padding());
    QVERIFY(end && padding);
    QVERIFY(relativeError(*end, loaded.set.endOfAudio) <= kLargestAudioError);
    QVERIFY(relativeError(*padding, loaded.set.padding) <= kLargestAudioError);
}

}  // namespace tests
