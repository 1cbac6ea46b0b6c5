#include "app/sound_reading.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QSaveFile>
#include <algorithm>
#include <array>
#include <memory>

#include <sndfile.h>

#include "app/conversion.h"
#include "app/sound_file.h"

namespace app {

namespace {

constexpr qint64 kMostSamples = qint64{kMostSoundMinutes} * 60 * ui::kSoundRateHz;
constexpr qint64 kLeastSamples = ui::kSoundRateHz / 20;  // no syllable is shorter

QString tr(const char* text)
{
    return QCoreApplication::translate("app::SoundReading", text);
}

engine::Error problem(const QString& sentence,
                      engine::ErrorCode code = engine::ErrorCode::InvalidInput)
{
    return {code, toUtf8(sentence)};
}

// The window names files without their folders.
engine::Error withoutFolder(engine::Error error, const QString& path)
{
    error.message =
        toUtf8(toText(std::string_view(error.message)).replace(path, QFileInfo(path).fileName()));
    return error;
}

engine::Error tooLong(const QString& path)
{
    return problem(tr("%1 is longer than %2 minutes, the most that a message takes. Transcribe it, "
                      "or attach a part of it.")
                       .arg(QFileInfo(path).fileName())
                       .arg(kMostSoundMinutes),
                   engine::ErrorCode::ContextFull);
}

struct CloseFile {
    void operator()(SNDFILE* file) const noexcept { sf_close(file); }
};

}  // namespace

bool isSound(QByteArrayView firstBytes)
{
    const auto at = [firstBytes](qsizetype place, QByteArrayView letters) {
        return firstBytes.size() >= place + letters.size() &&
               firstBytes.sliced(place, letters.size()) == letters;
    };
    const bool isWave = at(0, "RIFF") && at(8, "WAVE");
    const bool isAiff = at(0, "FORM") && (at(8, "AIFF") || at(8, "AIFC"));
    // A frame of MPEG layer III begins with eleven bits that are one, its version and its layer.
    const bool isMp3Frame = firstBytes.size() >= 2 && quint8(firstBytes[0]) == 0xFF &&
                            (quint8(firstBytes[1]) & 0xE6) == 0xE2;
    return isWave || isAiff || isMp3Frame || at(0, "fLaC") || at(0, "OggS") || at(0, "ID3");
}

bool hasSoundName(const QString& path)
{
    constexpr std::array kEndings = {"wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff"};
    const QString ending = QFileInfo(path).suffix().toLower();
    return std::any_of(kEndings.begin(), kEndings.end(),
                       [&](const char* one) { return ending == QLatin1String(one); });
}

engine::Result<ui::Sound> readSound(const QString& path,
                                    const std::function<void(double fraction)>& progress)
{
    auto file = SoundFile::open(toPath(path));
    if (!file)
        return withoutFolder(file.error(), path);
    const double expected = file->seconds() * ui::kSoundRateHz;
    if (expected > kMostSamples)
        return tooLong(path);
    ui::Sound sound{QFileInfo(path).fileName(), {}, {}};
    for (;;) {
        const auto piece = file->read();
        if (!piece)
            return withoutFolder(piece.error(), path);
        if (piece->empty())
            break;
        if (sound.samples.size() + static_cast<qint64>(piece->size()) > kMostSamples)
            return tooLong(path);
        const QVector<qint16> samples = ui::toSamples(*piece);
        sound.peaks.add({samples.constData(), static_cast<std::size_t>(samples.size())});
        sound.samples += samples;
        if (expected > 0)
            progress(std::min(1.0, static_cast<double>(sound.samples.size()) / expected));
    }
    if (sound.samples.size() < kLeastSamples)
        return problem(tr("%1 is only %2 ms long; nothing can be heard in it. Attach a longer one.")
                           .arg(sound.name)
                           .arg(sound.samples.size() * 1000 / ui::kSoundRateHz));
    return sound;
}

engine::Result<void> writeSound(const ui::Sound& sound, const QString& path)
{
    const QString name = QFileInfo(path).fileName();
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending != u"flac" && ending != u"wav")
        return problem(tr("%1 cannot be written: sounds are saved as FLAC or WAV. Choose a name "
                          "that ends in .flac or .wav.")
                           .arg(name));
    SF_INFO info{};
    info.samplerate = ui::kSoundRateHz;
    info.channels = 1;
    info.format = (ending == u"wav" ? SF_FORMAT_WAV : SF_FORMAT_FLAC) | SF_FORMAT_PCM_16;
    QSaveFile file(path);
    bool isWritten = file.open(QIODevice::WriteOnly);
    if (isWritten) {
        const std::unique_ptr<SNDFILE, CloseFile> writer(
            sf_open_fd(file.handle(), SFM_WRITE, &info, SF_FALSE));
        isWritten = writer && sf_write_short(writer.get(), sound.samples.constData(),
                                             sound.samples.size()) == sound.samples.size();
    }
    // Only now, closed, the file has its header.
    if (!isWritten || !file.commit())
        return problem(
            tr("%1 cannot be written: %2. Choose another place.").arg(name, file.errorString()));
    return {};
}

}  // namespace app
