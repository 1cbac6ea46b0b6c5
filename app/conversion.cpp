#include "app/conversion.h"

#include <QCoreApplication>
#include <QFile>
#include <QImage>

#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/message.h"
#include "engine/model.h"
#include "engine/result.h"

namespace app {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("app::Problem", text);
}

// Messages of the engine are one sentence, some without the full stop.
QString sentence(const std::string& message)
{
    QString text = toText(std::string_view(message)).trimmed();
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    if (!text.endsWith(u'.') && !text.endsWith(u'!') && !text.endsWith(u'?'))
        text += u'.';
    return text;
}

Problem makeProblem(Problem::Kind kind, const engine::Error& error, const QString& advice)
{
    return {kind,
            advice.isEmpty() ? sentence(error.message) : sentence(error.message) + u' ' + advice};
}

}  // namespace

std::string toUtf8(const QString& text)
{
    return text.toStdString();
}

QString toText(std::string_view utf8)
{
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

std::filesystem::path toPath(const QString& path)
{
    return QFile::encodeName(path).toStdString();
}

QString toText(const std::filesystem::path& path)
{
    return QFile::decodeName(QByteArray::fromStdString(path.string()));
}

engine::Image toImage(const QImage& image)
{
    const QImage pixels = image.convertToFormat(QImage::Format_RGB888);
    engine::Image result;
    result.width = static_cast<std::uint32_t>(pixels.width());
    result.height = static_cast<std::uint32_t>(pixels.height());
    const std::size_t rowSize = std::size_t{result.width} * 3;
    result.rgb.reserve(rowSize * result.height);
    for (int y = 0; y < pixels.height(); ++y) {
        const uchar* row = pixels.constScanLine(y);  // padded to four bytes
        result.rgb.insert(result.rgb.end(), row, row + rowSize);
    }
    return result;
}

Problem toProblem(const engine::Error& error)
{
    using Kind = Problem::Kind;
    switch (error.code) {
    case engine::ErrorCode::InvalidFile:
        return makeProblem(Kind::BadModel, error,
                           tr("Choose another file, or download this one again."));
    case engine::ErrorCode::UnsupportedModel:
        return makeProblem(Kind::BadModel, error, tr("Choose a Gemma 3n or Gemma 3 text model."));
    case engine::ErrorCode::InvalidInput:
        return makeProblem(Kind::BadInput, error, {});
    case engine::ErrorCode::ContextFull:
        return makeProblem(Kind::ContextFull, error,
                           tr("Shorten the message, or start a new chat."));
    case engine::ErrorCode::OutOfMemory:
        return makeProblem(
            Kind::OutOfMemory, error,
            tr("Close other programs that use the graphics card, or choose a smaller model."));
    case engine::ErrorCode::DeviceUnavailable:
        return makeProblem(
            Kind::NoDevice, error,
            tr("Install a newer graphics driver, or start Nestling with another --device."));
    case engine::ErrorCode::DeviceLost:
        return makeProblem(Kind::DeviceLost, error,
                           tr("Reload the model to go on; the conversation stays in the window."));
    case engine::ErrorCode::Cancelled:
        return makeProblem(Kind::Cancelled, error, {});
    }
    return makeProblem(Kind::BadInput, error, {});
}

Problem noDeviceProblem()
{
    return {Problem::Kind::NoDevice,
            tr("This computer has no Vulkan driver, which Nestling computes with. Install one (on "
               "Debian the package mesa-vulkan-drivers, which also works without a graphics card) "
               "and try again.")};
}

AnswerEnd toAnswerEnd(engine::Finish finish)
{
    switch (finish) {
    case engine::Finish::EndOfTurn:
        return AnswerEnd::Complete;
    case engine::Finish::TokenLimit:
        return AnswerEnd::TooLong;
    case engine::Finish::ContextFull:
        return AnswerEnd::ContextFull;
    case engine::Finish::Stopped:
        return AnswerEnd::Stopped;
    }
    return AnswerEnd::Complete;
}

ModelSummary toSummary(const engine::ModelInfo& model, const engine::DeviceInfo& device,
                       quint32 contextLength, quint64 clipSamples)
{
    ModelSummary summary{toText(std::string_view(model.name)),
                         toText(std::string_view(device.name)),
                         model.isDemonstration,
                         device.isSoftware,
                         contextLength,
                         model.hasVision,
                         toText(std::string_view(model.visionHint)),
                         model.hasAudio,
                         toText(std::string_view(model.audioHint)),
                         static_cast<qint64>(clipSamples)};
    summary.sizes = toSummaries(model.sizes.sizes);
    summary.sizesHint = toText(std::string_view(model.sizes.hint));
    return summary;
}

QVector<SizeSummary> toSummaries(const std::vector<engine::SizeInfo>& sizes)
{
    QVector<SizeSummary> summaries;
    for (const engine::SizeInfo& info : sizes)
        summaries << SizeSummary{toText(std::string_view(info.size.name)),
                                 info.parameters,
                                 info.weightBytes,
                                 info.weightBytesPerToken,
                                 info.publishedMmlu,
                                 toText(std::string_view(info.refusal))};
    return summaries;
}

}  // namespace app
