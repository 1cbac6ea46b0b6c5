#pragma once

#include <QString>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/assistant.h"

class QImage;

namespace engine {
struct DeviceInfo;
struct Error;
struct Image;
struct ModelInfo;
struct SizeInfo;
enum class Finish;
}  // namespace engine

// The one place where types of the engine become types of Qt, and back.
namespace app {

std::string toUtf8(const QString& text);
QString toText(std::string_view utf8);
std::filesystem::path toPath(const QString& path);
QString toText(const std::filesystem::path& path);

// Any format; an alpha channel is dropped. See image_file.h for what should be done before.
engine::Image toImage(const QImage& image);

// The engine's sentence, and one with what to do about it.
Problem toProblem(const engine::Error& error);

// What to say where this machine has no Vulkan device at all.
Problem noDeviceProblem();

AnswerEnd toAnswerEnd(engine::Finish finish);

// `clipSamples` is the most that its encoder for sound hears in one piece.
ModelSummary toSummary(const engine::ModelInfo& model, const engine::DeviceInfo& device,
                       quint32 contextLength, quint64 clipSamples);

QVector<SizeSummary> toSummaries(const std::vector<engine::SizeInfo>& sizes);

}  // namespace app
