#include <QTest>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>
#include <string>

#include <sndfile.h>

#include "app/sound_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wave_file.h"

using app::SoundFile;

namespace {

constexpr double kToneHz = 440.0;
constexpr double kAmplitude = 0.5;

// A tone of that many seconds in every channel, a little louder from channel to channel, so that
// their mean is kAmplitude.
void writeTone(const std::filesystem::path& path, int format, int rateHz, int channels,
               double seconds)
{
    SF_INFO info{};
    info.samplerate = rateHz;
    info.channels = channels;
    info.format = format;
    SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
    if (file == nullptr)
        qFatal("%s", sf_strerror(nullptr));
    const auto frames = static_cast<sf_count_t>(std::lround(seconds * rateHz));
    std::vector<float> frame(static_cast<std::size_t>(channels));
    for (sf_count_t i = 0; i < frames; ++i) {
        const double tone = kAmplitude * std::sin(2.0 * std::numbers::pi * kToneHz *
                                                  static_cast<double>(i) / rateHz);
        for (int c = 0; c < channels; ++c)
            frame[static_cast<std::size_t>(c)] =
                static_cast<float>(tone * 2.0 * (c + 1) / (channels + 1));
        sf_writef_float(file, frame.data(), 1);
    }
    sf_close(file);
}

struct ReadSound {
    std::vector<float> samples;
    std::size_t largestBlock = 0;
};

engine::Result<ReadSound> readAll(const std::filesystem::path& path)
{
    ENGINE_TRY(SoundFile file, SoundFile::open(path));
    ReadSound sound;
    for (;;) {
        ENGINE_TRY(const auto block, file.read());
        if (block.empty())
            return sound;
        sound.largestBlock = std::max(sound.largestBlock, block.size());
        sound.samples.insert(sound.samples.end(), block.begin(), block.end());
    }
}

// The tone's amplitude in the middle of the samples.
double amplitudeOf(const std::vector<float>& samples)
{
    const std::size_t first = samples.size() / 4;
    const std::size_t count = samples.size() / 2;
    double sine = 0.0;
    double cosine = 0.0;
    for (std::size_t i = first; i < first + count; ++i) {
        const double angle = 2.0 * std::numbers::pi * kToneHz * static_cast<double>(i) / 16000.0;
        sine += samples[i] * std::sin(angle);
        cosine += samples[i] * std::cos(angle);
    }
    return 2.0 * std::hypot(sine, cosine) / static_cast<double>(count);
}

std::string bytesOf(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void writeBytes(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

// Files of sound as people have them, and as they should not be.
class SoundFileTest : public QObject {
    Q_OBJECT

private slots:
    void sixteenKilohertzAreGivenAsTheyAre();
    void everyFormatIsRead_data();
    void everyFormatIsRead();
    void everyRateBecomesSixteenKilohertz_data();
    void everyRateBecomesSixteenKilohertz();
    void channelsAreAveraged_data();
    void channelsAreAveraged();
    void lengthCostsNoMemory();
    void whatIsNoSoundIsASentence_data();
    void whatIsNoSoundIsASentence();
    void headersThatPromiseTooMuchAreHarmless();
    void aTruncatedFileIsASentence();
    void samplesThatAreNoNumbersAreASentence();

private:
    tests::TemporaryFolder m_folder;
};

void SoundFileTest::sixteenKilohertzAreGivenAsTheyAre()
{
    const std::string path = TEST_DATA_DIR "/golden/audio/small/speech0.wav";
    const auto sound = readAll(path);
    QVERIFY2(sound, sound ? "" : sound.error().message.c_str());
    QVERIFY(!sound->samples.empty());
    QCOMPARE(sound->samples, tests::readWave(path));
}

void SoundFileTest::everyFormatIsRead_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("format");
    QTest::addColumn<int>("rate");
    QTest::addColumn<double>("tolerance");  // of the amplitude
    QTest::newRow("WAV, 16 bits") << "a.wav" << (SF_FORMAT_WAV | SF_FORMAT_PCM_16) << 16000 << 1e-3;
    QTest::newRow("WAV, 8 bits") << "b.wav" << (SF_FORMAT_WAV | SF_FORMAT_PCM_U8) << 16000 << 1e-2;
    QTest::newRow("WAV, floats") << "c.wav" << (SF_FORMAT_WAV | SF_FORMAT_FLOAT) << 16000 << 1e-3;
    QTest::newRow("FLAC") << "d.flac" << (SF_FORMAT_FLAC | SF_FORMAT_PCM_16) << 44100 << 1e-3;
    QTest::newRow("Ogg Vorbis") << "e.ogg" << (SF_FORMAT_OGG | SF_FORMAT_VORBIS) << 44100 << 5e-2;
    QTest::newRow("Opus") << "f.opus" << (SF_FORMAT_OGG | SF_FORMAT_OPUS) << 48000 << 5e-2;
    QTest::newRow("MP3") << "g.mp3" << (SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III) << 44100 << 5e-2;
    QTest::newRow("AIFF") << "h.aiff" << (SF_FORMAT_AIFF | SF_FORMAT_PCM_16) << 22050 << 1e-3;
}

void SoundFileTest::everyFormatIsRead()
{
    QFETCH(const QString, name);
    QFETCH(const int, format);
    QFETCH(const int, rate);
    QFETCH(const double, tolerance);
    const auto path = m_folder / name.toStdString();
    writeTone(path, format, rate, 1, 1.0);
    const auto sound = readAll(path);
    QVERIFY2(sound, sound ? "" : sound.error().message.c_str());
    // Coders of lossy formats work in blocks of up to a tenth of a second.
    QVERIFY(sound->samples.size() >= 16000 - 2);
    QVERIFY(sound->samples.size() <= 16000 + 1600);
    QVERIFY(std::abs(amplitudeOf(sound->samples) - kAmplitude) <= tolerance * kAmplitude);
}

void SoundFileTest::everyRateBecomesSixteenKilohertz_data()
{
    QTest::addColumn<int>("rate");
    for (const int rate : {8000, 11025, 22050, 44100, 48000, 96000, 192000})
        QTest::addRow("%d Hz", rate) << rate;
}

void SoundFileTest::everyRateBecomesSixteenKilohertz()
{
    QFETCH(const int, rate);
    const auto path = m_folder / "rate.wav";
    writeTone(path, SF_FORMAT_WAV | SF_FORMAT_FLOAT, rate, 1, 1.5);
    const auto sound = readAll(path);
    QVERIFY2(sound, sound ? "" : sound.error().message.c_str());
    QVERIFY(std::abs(static_cast<double>(sound->samples.size()) - 24000.0) <= 2.0);
    QVERIFY(std::abs(amplitudeOf(sound->samples) - kAmplitude) <= 1e-3);
}

void SoundFileTest::channelsAreAveraged_data()
{
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("rate");
    QTest::newRow("stereo") << 2 << 16000;
    QTest::newRow("stereo, another rate") << 2 << 44100;
    QTest::newRow("eight") << 8 << 48000;
}

void SoundFileTest::channelsAreAveraged()
{
    QFETCH(const int, channels);
    QFETCH(const int, rate);
    const auto path = m_folder / "channels.wav";
    writeTone(path, SF_FORMAT_WAV | SF_FORMAT_FLOAT, rate, channels, 1.0);
    const auto sound = readAll(path);
    QVERIFY2(sound, sound ? "" : sound.error().message.c_str());
    QVERIFY(std::abs(amplitudeOf(sound->samples) - kAmplitude) <= 1e-3);
}

void SoundFileTest::lengthCostsNoMemory()
{
    const auto path = m_folder / "long.wav";
    writeTone(path, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 300.0);
    auto file = SoundFile::open(path);
    QVERIFY(file);
    QCOMPARE(file->seconds(), 300.0);
    const auto sound = readAll(path);
    QVERIFY(sound);
    QVERIFY(std::abs(static_cast<double>(sound->samples.size()) - 4.8e6) <= 2.0);
    QVERIFY(sound->largestBlock <= 100000);
}

void SoundFileTest::whatIsNoSoundIsASentence_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("expected");
    QTest::newRow("missing") << "missing.wav" << QByteArray() << "does not exist";
    QTest::newRow("folder") << "." << QByteArray() << "is not a file";
    QTest::newRow("empty") << "empty.wav" << QByteArray("") << "is empty";
    QTest::newRow("text") << "text.wav" << QByteArray("Hello, this is a text.") << "no sound";
    QTest::newRow("half a header")
        << "half.wav" << QByteArray("RIFF\x24\0\0\0WAVEfmt ", 16) << "no sound";
    QTest::newRow("noise called MP3") << "noise.mp3" << QByteArray(5000, '\x55') << "no sound";
}

void SoundFileTest::whatIsNoSoundIsASentence()
{
    QFETCH(const QString, name);
    QFETCH(const QByteArray, content);
    QFETCH(const QString, expected);
    const auto path = m_folder / name.toStdString();
    if (!content.isNull())
        writeBytes(path, content.toStdString());
    const auto sound = readAll(path);
    QVERIFY(!sound);
    const QString message = QString::fromStdString(sound.error().message);
    QCOMPARE(sound.error().code, engine::ErrorCode::InvalidInput);
    QVERIFY2(message.contains(expected), qPrintable(message));
    QVERIFY2(message.contains(name) && message.endsWith('.'), qPrintable(message));
}

// Programs that write to a pipe do not know the length beforehand.
void SoundFileTest::headersThatPromiseTooMuchAreHarmless()
{
    const auto path = m_folder / "promise.wav";
    writeTone(path, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 0.5);
    const auto expected = readAll(path);
    std::string bytes = bytesOf(path);
    for (const std::size_t length : {std::size_t{4}, bytes.find("data") + 4})
        bytes.replace(length, 4, "\xFF\xFF\xFF\xFF");
    writeBytes(path, bytes);
    const auto sound = readAll(path);
    QVERIFY2(sound, sound ? "" : sound.error().message.c_str());
    QVERIFY(expected);
    QCOMPARE(sound->samples, expected->samples);
}

void SoundFileTest::aTruncatedFileIsASentence()
{
    const auto path = m_folder / "truncated.flac";
    writeTone(path, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 16000, 1, 4.0);
    const std::string bytes = bytesOf(path);
    writeBytes(path, bytes.substr(0, bytes.size() / 2));
    const auto sound = readAll(path);
    QVERIFY(!sound);
    QVERIFY2(sound.error().message.find("ends before it should") != std::string::npos,
             sound.error().message.c_str());
}

void SoundFileTest::samplesThatAreNoNumbersAreASentence()
{
    const auto path = m_folder / "nan.wav";
    writeTone(path, SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 1, 0.1);
    std::string bytes = bytesOf(path);
    bytes.replace(bytes.size() - 8, 4, std::string("\0\0\xC0\x7F", 4));
    writeBytes(path, bytes);
    const auto sound = readAll(path);
    QVERIFY(!sound);
    QVERIFY(sound.error().message.find("not numbers") != std::string::npos);
}

QTEST_GUILESS_MAIN(SoundFileTest)
#include "sound_file_test.moc"
