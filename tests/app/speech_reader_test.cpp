#include <QTest>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <sndfile.h>

#include "app/speech_reader.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"
#include "tests/support/wave_file.h"

using app::SoundFile;
using app::SpeechReader;
using Samples = std::vector<float>;
using tests::must;

namespace {

constexpr std::uint64_t kSecond = 16000;
constexpr std::uint64_t kLongest = 7 * kSecond;

Samples phrase(const char* number)
{
    return tests::readWave(std::filesystem::path(TEST_DATA_DIR) / "golden/multimodal/clips" /
                           (std::string(number) + ".wav"));
}

void append(Samples& stream, const Samples& samples, std::uint64_t silence)
{
    stream.insert(stream.end(), samples.begin(), samples.end());
    stream.insert(stream.end(), silence, 0.0F);
}

// FLAC if it is called so, WAV otherwise.
void write(const std::filesystem::path& path, const Samples& samples)
{
    SF_INFO info{};
    info.samplerate = static_cast<int>(kSecond);
    info.channels = 1;
    info.format = path.extension() == ".flac" ? SF_FORMAT_FLAC | SF_FORMAT_PCM_16
                                              : SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
    if (file == nullptr)
        qFatal("%s", sf_strerror(nullptr));
    sf_writef_float(file, samples.data(), static_cast<sf_count_t>(samples.size()));
    sf_close(file);
}

SpeechReader readerOf(const std::filesystem::path& path)
{
    return {must(SoundFile::open(path)), kLongest};
}

// All clips, until the end or an error.
std::vector<SpeechReader::Clip> clipsOf(SpeechReader& reader)
{
    std::vector<SpeechReader::Clip> clips;
    while (!reader.isAtEnd()) {
        auto clip = reader.next({}, {});
        if (!clip)
            break;
        if (*clip)
            clips.push_back(**std::move(clip));
    }
    return clips;
}

bool isPartOf(const Samples& stream, const Samples& part, std::uint64_t from)
{
    return from + part.size() <= stream.size() &&
           std::equal(part.begin(), part.end(), stream.begin() + static_cast<std::ptrdiff_t>(from));
}

}  // namespace

class SpeechReaderTest : public QObject {
    Q_OBJECT

private slots:
    void speechIsGivenWithWhatIsAroundIt();
    void nothingThatIsSaidIsDoubledOrLost();
    void silenceIsLeftOutMinuteByMinute();
    void whatADamagedFileHoldsComesFirst();
    void tenMillisecondsHoldNoSpeech();
    void stoppingKeepsThePlace();

private:
    tests::TemporaryFolder m_folder;
};

void SpeechReaderTest::speechIsGivenWithWhatIsAroundIt()
{
    Samples stream(5 * kSecond + 123);
    const std::uint64_t first = stream.size();
    append(stream, phrase("026"), 3 * kSecond);
    const std::uint64_t second = stream.size();
    append(stream, phrase("055"), 0);
    write(m_folder / "two.wav", stream);

    SpeechReader reader = readerOf(m_folder / "two.wav");
    const auto clips = clipsOf(reader);
    QCOMPARE(clips.size(), std::size_t{2});
    const std::uint64_t begins[] = {first, second};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& clip = clips[i];
        QVERIFY(clip.speechBegin + 320 > begins[i] && clip.speechBegin < begins[i] + kSecond / 2);
        QVERIFY(isPartOf(stream, clip.samples, clip.speechBegin - SpeechReader::kMargin));
        QVERIFY(clip.samples.size() <=
                clip.speechEnd - clip.speechBegin + 2 * SpeechReader::kMargin);
    }
    QCOMPARE(reader.samplesRead(), std::uint64_t{stream.size()});
}

// Speech that is cut at its shortest pauses: what a clip begins with is not what another ended
// with.
void SpeechReaderTest::nothingThatIsSaidIsDoubledOrLost()
{
    Samples stream;
    for (int i = 0; i < 3; ++i) {
        for (const char* number : {"008", "012", "026", "029", "032", "060", "089"})
            append(stream, phrase(number), 0);
    }
    write(m_folder / "dense.wav", stream);
    SpeechReader reader = readerOf(m_folder / "dense.wav");
    const auto clips = clipsOf(reader);

    QVERIFY(clips.size() > 3);
    for (std::size_t i = 0; i < clips.size(); ++i) {
        QVERIFY(clips[i].samples.size() <= kLongest);
        if (i > 0) {
            QVERIFY(clips[i].speechBegin >= clips[i - 1].speechEnd);
            // Between two clips nobody speaks.
            QVERIFY(clips[i].speechBegin - clips[i - 1].speechEnd < kSecond);
        }
    }
}

void SpeechReaderTest::silenceIsLeftOutMinuteByMinute()
{
    Samples stream(150 * kSecond);
    append(stream, phrase("026"), 0);
    write(m_folder / "late.wav", stream);
    SpeechReader reader = readerOf(m_folder / "late.wav");

    std::uint64_t told = 0;
    const auto progress = [&told](std::uint64_t samples) { told = samples; };
    QVERIFY(!must(reader.next(progress, {})));
    QVERIFY(told >= 60 * kSecond && told < 65 * kSecond);
    QVERIFY(!reader.isAtEnd());
    QVERIFY(!must(reader.next(progress, {})));
    QVERIFY(must(reader.next(progress, {})).has_value());
    QVERIFY(reader.isAtEnd());
}

void SpeechReaderTest::whatADamagedFileHoldsComesFirst()
{
    Samples stream;
    append(stream, phrase("026"), kSecond);
    append(stream, phrase("055"), 2 * kSecond);
    const auto whole = m_folder / "whole.flac";
    write(whole, stream);
    append(stream, phrase("026"), kSecond);
    const auto path = m_folder / "cut.flac";
    write(path, stream);
    std::filesystem::resize_file(path, std::filesystem::file_size(whole));

    SpeechReader reader = readerOf(path);
    QCOMPARE(clipsOf(reader).size(), std::size_t{2});
    QVERIFY(!reader.isAtEnd());
    const auto after = reader.next({}, {});
    QVERIFY(!after);
    QVERIFY(after.error().message.find("cut.flac") != std::string::npos);
}

void SpeechReaderTest::tenMillisecondsHoldNoSpeech()
{
    write(m_folder / "short.wav", Samples(160, 0.5F));
    SpeechReader reader = readerOf(m_folder / "short.wav");
    QVERIFY(clipsOf(reader).empty());
    QVERIFY(reader.isAtEnd());
}

void SpeechReaderTest::stoppingKeepsThePlace()
{
    Samples stream;
    append(stream, phrase("026"), kSecond);
    write(m_folder / "one.wav", stream);
    SpeechReader reader = readerOf(m_folder / "one.wav");
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = reader.next({}, stop.get_token());
    QVERIFY(!stopped && stopped.error().code == engine::ErrorCode::Cancelled);
    QCOMPARE(clipsOf(reader).size(), std::size_t{1});
}

QTEST_GUILESS_MAIN(SpeechReaderTest)
#include "speech_reader_test.moc"
