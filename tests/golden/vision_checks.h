#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <QString>
#include <QTest>

#include "engine/device.h"
#include "engine/gpu/download.h"
#include "engine/vision/encoding.h"
#include "engine/vision_state.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_picture.h"

namespace tests {

// What the project promises (tests/data/golden/README.md).
constexpr double kLargestVisionError = 1e-4;  // as a share of the largest value
constexpr double kLargestVisionAngle = 1e-7;  // 1 - cosine, of every row

// Every `every`-th row of values [rows × width].
inline std::vector<float> everyRow(const std::vector<float>& values, std::size_t width,
                                   std::size_t every)
{
    std::vector<float> result;
    for (std::size_t row = 0; row < values.size(); row += every * width)
        result.insert(result.end(), values.begin() + static_cast<std::ptrdiff_t>(row),
                      values.begin() + static_cast<std::ptrdiff_t>(row + width));
    return result;
}

// The values of a map [pixels × channels] that the set has of [channels × pixels].
inline std::vector<float> sampleBlock(const std::vector<float>& values, std::size_t pixels,
                                      std::size_t samples)
{
    const std::size_t channels = values.size() / pixels;
    std::vector<float> result;
    for (std::size_t k = 0; k < samples; ++k) {
        const std::size_t flat = k * (values.size() / samples);
        result.push_back(values[flat % pixels * channels + flat / pixels]);
    }
    return result;
}

// 1 - cosine of the rows that are least alike.
inline double largestAngle(std::span<const float> actual, std::span<const float> expected,
                           std::size_t width)
{
    double largest = 0.0;
    for (std::size_t row = 0; row < expected.size(); row += width) {
        double dot = 0.0;
        double ours = 0.0;
        double theirs = 0.0;
        for (std::size_t i = row; i < row + width; ++i) {
            dot += static_cast<double>(actual[i]) * expected[i];
            ours += static_cast<double>(actual[i]) * actual[i];
            theirs += static_cast<double>(expected[i]) * expected[i];
        }
        const double angle = 1.0 - dot / std::sqrt(ours * theirs);
        largest = std::isfinite(angle) ? std::max(largest, angle) : INFINITY;
    }
    return largest;
}

inline void checkCase(const engine::VisionEncoder::State& state, const GoldenPictures& set,
                      const GoldenPictures::Case& expected, const QString& name)
{
    std::map<std::string, std::vector<float>> blocks;
    engine::vision::EncodingObserver observer;
    observer.tapped = [&blocks](const std::string& block, const std::vector<float>& values) {
        blocks[block] = values;
    };
    // From the reference's own resized picture, so that only the encoder is judged.
    const auto encoded = engine::vision::encodePicture(
        state.device->context(), state.device->catalogue(), state.weights.network, state.config,
        expected.resized, expected.size, observer, {});
    QVERIFY2(encoded, encoded ? "" : encoded.error().message.c_str());
    const auto rows = engine::gpu::download(state.device->context(), encoded->tokens);
    QVERIFY2(rows, rows ? "" : rows.error().message.c_str());

    double blockError = 0.0;
    for (const auto& [block, values] : expected.blocks) {
        QVERIFY(blocks.contains(block));
        // Stage S has 1 / 2^(S + 2) of the picture's pixels a side.
        const std::size_t side = expected.size >> (block[6] - '0' + 2);
        blockError =
            std::max(blockError,
                     relativeError(sampleBlock(blocks[block], side * side, values.size()), values));
    }
    const auto features = everyRow(blocks["features"], set.width, 7);
    const auto tokens = everyRow(*rows, set.hidden, expected.softTokensEvery);
    const double featureError = relativeError(features, expected.features);
    const double tokenError = relativeError(tokens, expected.softTokens);
    const double tokenAngle = largestAngle(tokens, expected.softTokens, set.hidden);
    qInfo("| %-6s | %3u² | blocks %.1e | features %.1e | soft tokens %.1e | 1 - cosine %.1e |",
          qPrintable(name), expected.size, blockError, featureError, tokenError, tokenAngle);
    QVERIFY(blockError < kLargestVisionError);
    QVERIFY(featureError < kLargestVisionError);
    QVERIFY(tokenError < kLargestVisionError);
    QVERIFY(largestAngle(features, expected.features, set.width) < kLargestVisionAngle);
    QVERIFY(tokenAngle < kLargestVisionAngle);
}

inline void checkGoldenPictures(const std::shared_ptr<engine::Device>& device,
                                const std::filesystem::path& data, const QString& name)
{
    const std::filesystem::path folder = data / "golden/vision" / name.toStdString();
    const auto set = readGoldenPictures(folder);
    QVERIFY2(set, set ? "" : set.error().message.c_str());
    const auto encoder = loadGoldenEncoder(device, folder);
    QVERIFY2(encoder, encoder ? "" : encoder.error().message.c_str());
    QCOMPARE((*encoder)->info().hiddenSize, set->hidden);
    QCOMPARE((*encoder)->info().softTokens, set->softTokens);

    const auto end = engine::readRows((*encoder)->endOfImage());
    QVERIFY2(end, end ? "" : end.error().message.c_str());
    QVERIFY(relativeError(*end, set->endOfImage) < kLargestVisionError);
    for (const GoldenPictures::Case& expected : set->cases) {
        checkCase((*encoder)->state(), *set, expected, name);
        if (QTest::currentTestFailed())
            return;
    }
}

}  // namespace tests
