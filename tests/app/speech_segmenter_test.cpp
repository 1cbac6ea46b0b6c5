#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "app/speech_segmenter.h"
#include "tests/support/wave_file.h"

using app::SpeechSegmenter;
using Samples = std::vector<float>;

namespace {

constexpr std::uint64_t kSecond = 16000;
constexpr std::uint64_t kLongest = 7 * kSecond;

// What a segmenter made of a stream.
struct Cuts {
    Samples samples;  // as the sink got them
    std::vector<SpeechSegmenter::Clip> clips;

    std::size_t spoken() const
    {
        return static_cast<std::size_t>(std::count_if(
            clips.begin(), clips.end(), [](const auto& clip) { return clip.hasSpeech; }));
    }
};

// The stream in pieces of a size, and the clip that is under way at its end.
Cuts cut(const Samples& stream, std::size_t pieceSize, std::uint64_t longest = kLongest)
{
    SpeechSegmenter segmenter(longest);
    Cuts cuts;
    const auto sink = [&](std::span<const float> samples, bool endsClip) {
        cuts.samples.insert(cuts.samples.end(), samples.begin(), samples.end());
        if (endsClip)
            cuts.clips.push_back(segmenter.clip());
    };
    for (std::size_t first = 0; first < stream.size(); first += pieceSize) {
        const std::size_t size = std::min(pieceSize, stream.size() - first);
        segmenter.push(std::span(stream).subspan(first, size), sink);
    }
    if (segmenter.clip().length > 0)
        cuts.clips.push_back(segmenter.clip());
    return cuts;
}

bool isSame(const std::vector<SpeechSegmenter::Clip>& a,
            const std::vector<SpeechSegmenter::Clip>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.begin == y.begin && x.length == y.length && x.hasSpeech == y.hasSpeech &&
               x.speechBegin == y.speechBegin && x.speechEnd == y.speechEnd;
    });
}

Samples noise(std::uint64_t count, float amplitude)
{
    std::mt19937 generator(7);
    std::uniform_real_distribution<float> value(-amplitude, amplitude);
    Samples samples(count);
    std::generate(samples.begin(), samples.end(), [&] { return value(generator); });
    return samples;
}

// Of speech, whatever it says.
std::vector<Samples> spokenPhrases()
{
    std::vector<Samples> phrases;
    for (const char* name : {"008", "012", "026", "029", "032", "049", "055", "060", "075", "089"})
        phrases.push_back(
            tests::readWave(std::filesystem::path(TEST_DATA_DIR) / "golden/multimodal/clips" /
                            (std::string(name) + ".wav")));
    return phrases;
}

// The phrases with so much silence after each.
Samples joined(const std::vector<Samples>& phrases, std::uint64_t silence)
{
    Samples stream;
    for (const Samples& phrase : phrases) {
        stream.insert(stream.end(), phrase.begin(), phrase.end());
        stream.insert(stream.end(), silence, 0.0F);
    }
    return stream;
}

}  // namespace

class SpeechSegmenterTest : public QObject {
    Q_OBJECT

private slots:
    void phrasesBecomeClips_data();
    void phrasesBecomeClips();
    void piecesOfAnySizeAreCutAlike_data();
    void piecesOfAnySizeAreCutAlike();
    void samplesReachTheSinkAtOnce();
    void speechWithoutPausesIsCutAtTheLimit();
    void longClipsEndAtShorterPauses();
    void steadySoundIsNoSpeech_data();
    void steadySoundIsNoSpeech();
    void speechBesideSteadySoundIsFound_data();
    void speechBesideSteadySoundIsFound();
    void clicksAreNoSpeech();
    void samplesThatAreNoNumbersAreSilent();
    void anHourOfSilenceHoldsNoSpeech();
    void silenceIsCounted();
};

void SpeechSegmenterTest::phrasesBecomeClips_data()
{
    QTest::addColumn<double>("silence");
    QTest::newRow("pauses of 0.6 s") << 0.6;
    QTest::newRow("pauses of 1.3 s") << 1.3;
    QTest::newRow("pauses of 20 s") << 20.0;
}

void SpeechSegmenterTest::phrasesBecomeClips()
{
    QFETCH(const double, silence);
    const auto phrases = spokenPhrases();
    const auto gap = static_cast<std::uint64_t>(silence * kSecond);
    const Cuts cuts = cut(joined(phrases, gap), 4096);

    QCOMPARE(cuts.spoken(), phrases.size());
    std::uint64_t begin = 0;
    std::size_t phrase = 0;
    constexpr std::uint64_t kFrame = 320;  // to which both ends are rounded
    for (const auto& clip : cuts.clips) {
        if (!clip.hasSpeech)
            continue;
        const std::uint64_t end = begin + phrases[phrase].size();
        QVERIFY(clip.speechBegin + kFrame > begin && clip.speechBegin < begin + kSecond / 2);
        QVERIFY(clip.speechEnd < end + kFrame && clip.speechEnd > end - kSecond * 3 / 4);
        begin = end + gap;
        ++phrase;
    }
}

void SpeechSegmenterTest::piecesOfAnySizeAreCutAlike_data()
{
    QTest::addColumn<int>("size");
    QTest::newRow("one sample") << 1;
    QTest::newRow("a frame less one") << 319;
    QTest::newRow("a frame") << 320;
    QTest::newRow("more than a clip") << 1'000'000;
}

void SpeechSegmenterTest::piecesOfAnySizeAreCutAlike()
{
    QFETCH(const int, size);
    // A limit that is no whole number of frames, and speech that reaches it.
    constexpr std::uint64_t kOddLimit = 40'001;
    const Samples stream = joined(spokenPhrases(), 3000);
    const Cuts expected = cut(stream, 1024, kOddLimit);
    const Cuts actual = cut(stream, static_cast<std::size_t>(size), kOddLimit);

    QVERIFY(expected.clips.size() > 5);
    QVERIFY(isSame(actual.clips, expected.clips));
    QVERIFY(actual.samples == stream);
    std::uint64_t end = 0;
    for (const auto& clip : actual.clips) {
        QCOMPARE(clip.begin, end);
        QVERIFY(clip.length <= kOddLimit);
        end += clip.length;
    }
    QCOMPARE(end, std::uint64_t{stream.size()});
}

void SpeechSegmenterTest::samplesReachTheSinkAtOnce()
{
    SpeechSegmenter segmenter(kLongest);
    std::size_t received = 0;
    const auto count = [&](std::span<const float> samples, bool) { received += samples.size(); };
    const Samples phrase = spokenPhrases().front();
    for (std::size_t i = 0; i < 1000; ++i) {
        segmenter.push(std::span(phrase).subspan(i, 1), count);
        QCOMPARE(received, i + 1);
    }
}

void SpeechSegmenterTest::speechWithoutPausesIsCutAtTheLimit()
{
    // Louder and quieter eight times a second, and never quiet.
    Samples stream = noise(60 * kSecond, 0.5F);
    for (std::size_t i = 0; i < stream.size(); ++i)
        stream[i] *= static_cast<float>(
            0.51 + 0.49 * std::sin(16.0 * std::numbers::pi * static_cast<double>(i) / kSecond));
    const Cuts cuts = cut(stream, 4096);

    QCOMPARE(cuts.clips.size(), std::size_t{9});
    QCOMPARE(cuts.spoken(), cuts.clips.size());
    for (std::size_t i = 0; i + 1 < cuts.clips.size(); ++i)
        QCOMPARE(cuts.clips[i].length, kLongest);
}

void SpeechSegmenterTest::longClipsEndAtShorterPauses()
{
    // Between these phrases it is silent for a tenth of a second to six.
    auto clips = cut(joined(spokenPhrases(), 0), 4096).clips;
    clips.pop_back();  // ends with the stream
    QVERIFY(clips.size() >= 3);
    std::sort(clips.begin(), clips.end(),
              [](const auto& a, const auto& b) { return a.length < b.length; });
    std::uint64_t lastPause = kSecond * 6 / 10;
    for (const auto& clip : clips) {
        const std::uint64_t pause = clip.begin + clip.length - clip.speechEnd;
        QVERIFY(pause >= kSecond / 10 && pause < lastPause);
        lastPause = pause;
    }
}

void SpeechSegmenterTest::steadySoundIsNoSpeech_data()
{
    QTest::addColumn<Samples>("second");
    QTest::addColumn<int>("secondsOfSpeech");  // that it may be taken for, at the beginning

    Samples tone(kSecond);
    for (std::size_t i = 0; i < tone.size(); ++i)
        tone[i] = static_cast<float>(
            0.3 * std::sin(2.0 * std::numbers::pi * 50.0 * static_cast<double>(i) / kSecond));
    Samples square(kSecond);
    for (std::size_t i = 0; i < square.size(); ++i)
        square[i] = i / 40 % 2 == 0 ? 1.0F : -1.0F;

    QTest::newRow("silence") << Samples(kSecond) << 0;
    QTest::newRow("an offset") << Samples(kSecond, 0.7F) << 0;
    QTest::newRow("an offset at full scale") << Samples(kSecond, -1.0F) << 0;
    QTest::newRow("the least noise") << noise(kSecond, 0.001F) << 0;
    QTest::newRow("noise") << noise(kSecond, 0.1F) << 5;
    QTest::newRow("noise at full scale") << noise(kSecond, 1.0F) << 5;
    QTest::newRow("a square wave at full scale") << square << 5;
    QTest::newRow("hum") << tone << 5;
    QTest::newRow("beyond full scale") << noise(kSecond, 1e38F) << 5;
}

void SpeechSegmenterTest::steadySoundIsNoSpeech()
{
    QFETCH(const Samples, second);
    QFETCH(const int, secondsOfSpeech);
    Samples stream;
    for (int i = 0; i < 30; ++i)
        stream.insert(stream.end(), second.begin(), second.end());

    for (const auto& clip : cut(stream, 4096).clips)
        QVERIFY(!clip.hasSpeech ||
                clip.speechEnd <= static_cast<std::uint64_t>(secondsOfSpeech) * kSecond);
}

void SpeechSegmenterTest::speechBesideSteadySoundIsFound_data()
{
    QTest::addColumn<float>("noise");
    QTest::addColumn<float>("offset");
    QTest::newRow("noise") << 0.01F << 0.0F;
    QTest::newRow("an offset") << 0.0F << 0.4F;
}

void SpeechSegmenterTest::speechBesideSteadySoundIsFound()
{
    QFETCH(const float, noise);
    QFETCH(const float, offset);
    const auto phrases = spokenPhrases();
    Samples stream(5 * kSecond);  // time to know the noise
    const Samples speech = joined(phrases, kSecond);
    stream.insert(stream.end(), speech.begin(), speech.end());
    const Samples beside = ::noise(stream.size(), noise);
    for (std::size_t i = 0; i < stream.size(); ++i)
        stream[i] += beside[i] + offset;

    std::size_t found = 0;
    for (const auto& clip : cut(stream, 4096).clips)
        found += clip.hasSpeech && clip.speechBegin >= 5 * kSecond ? 1 : 0;
    QCOMPARE(found, phrases.size());
}

void SpeechSegmenterTest::clicksAreNoSpeech()
{
    Samples stream(10 * kSecond);
    for (std::size_t i = 0; i < stream.size(); i += kSecond / 3)
        stream[i] = 1.0F;
    QCOMPARE(cut(stream, 4096).spoken(), std::size_t{0});
}

void SpeechSegmenterTest::samplesThatAreNoNumbersAreSilent()
{
    Samples stream = joined(spokenPhrases(), kSecond);
    const Cuts expected = cut(stream, 4096);
    const std::size_t firstPause = spokenPhrases().front().size() + 100;
    stream[firstPause] = std::numeric_limits<float>::quiet_NaN();
    stream[firstPause + 1] = std::numeric_limits<float>::infinity();
    const Cuts actual = cut(stream, 4096);

    QVERIFY(isSame(actual.clips, expected.clips));
    QVERIFY(std::isnan(actual.samples[firstPause]));
}

void SpeechSegmenterTest::anHourOfSilenceHoldsNoSpeech()
{
    SpeechSegmenter segmenter(kLongest);
    const Samples minute(60 * kSecond);
    std::uint64_t clips = 0;
    std::uint64_t samples = 0;
    const auto count = [&](std::span<const float> piece, bool endsClip) {
        samples += piece.size();
        clips += endsClip ? 1 : 0;
        QVERIFY(!segmenter.clip().hasSpeech);
    };
    for (int i = 0; i < 60; ++i)
        segmenter.push(minute, count);
    QCOMPARE(samples, 3600 * kSecond);
    QCOMPARE(clips, std::uint64_t{3600});
}

void SpeechSegmenterTest::silenceIsCounted()
{
    SpeechSegmenter segmenter(kLongest);
    const Samples phrase = spokenPhrases().front();
    segmenter.push(std::span(phrase).first(kSecond), {[](auto, bool) {}});
    QVERIFY(segmenter.isSpeaking());
    QVERIFY(segmenter.silenceSeconds() < 0.2);
    segmenter.push(Samples(3 * kSecond), {[](auto, bool) {}});
    QVERIFY(!segmenter.isSpeaking());
    QVERIFY(segmenter.silenceSeconds() >= 3.0 && segmenter.silenceSeconds() < 3.2);
}

QTEST_GUILESS_MAIN(SpeechSegmenterTest)
#include "speech_segmenter_test.moc"
