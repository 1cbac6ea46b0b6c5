#include <QTest>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "app/spoken_turn.h"
#include "tests/support/wave_file.h"

using app::SpokenTurn;
using End = SpokenTurn::End;

namespace {

constexpr std::uint64_t kSamplesPerClip = 122880;  // of the small model: 7.68 s

std::vector<float> silence(double seconds)
{
    return std::vector<float>(static_cast<std::size_t>(std::lround(seconds * 16000)), 0.0F);
}

std::vector<float> speech()
{
    return tests::readWave(TEST_DATA_DIR "/golden/multimodal/clips/012.wav");
}

std::vector<float> joined(std::initializer_list<std::vector<float>> parts)
{
    std::vector<float> all;
    for (const std::vector<float>& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

// Where one stands in the other, as it is; its size if it does not.
std::size_t placeIn(const std::vector<float>& whole, std::span<const float> part)
{
    const auto found = std::search(whole.begin(), whole.end(), part.begin(), part.end());
    return static_cast<std::size_t>(found - whole.begin());
}

}  // namespace

// What of a stream from a microphone is for the model.
class SpokenTurnTest : public QObject {
    Q_OBJECT

private slots:
    void init();

    void silenceAroundSpeechIsLeftOut();
    void piecesOfAnySizeGiveTheSameClips();
    void aPauseEndsTheTurnIfWished();
    void byHandNoPauseEndsIt();
    void longSpeechIsCutIntoClipsThatFit();
    void anHourOfSilenceGivesNothing();
    void whatIsNoVoiceIsGivenIfItIsEndedByHand();
    void whatIsNoVoiceIsNothingIfAPauseWouldEndIt();
    void nothingIsNothing();

private:
    SpokenTurn turn(End end);
    void push(SpokenTurn& turn, const std::vector<float>& samples, std::size_t pieceSize = 400);

    std::vector<std::vector<float>> m_clips;
    bool m_isInClip = false;
};

void SpokenTurnTest::init()
{
    m_clips.clear();
    m_isInClip = false;
}

SpokenTurn SpokenTurnTest::turn(End end)
{
    return SpokenTurn(kSamplesPerClip, end, [this](std::span<const float> samples, bool endsClip) {
        if (!m_isInClip)
            m_clips.emplace_back();
        m_clips.back().insert(m_clips.back().end(), samples.begin(), samples.end());
        m_isInClip = !endsClip;
    });
}

void SpokenTurnTest::push(SpokenTurn& turn, const std::vector<float>& samples,
                          std::size_t pieceSize)
{
    for (std::size_t first = 0; first < samples.size(); first += pieceSize)
        turn.push(std::span(samples).subspan(first, std::min(pieceSize, samples.size() - first)));
}

void SpokenTurnTest::silenceAroundSpeechIsLeftOut()
{
    const auto spoken = speech();
    SpokenTurn spokenTurn = turn(End::ByHand);
    push(spokenTurn, joined({silence(3.3), spoken, silence(4)}));
    spokenTurn.finish();
    QCOMPARE(m_clips.size(), std::size_t{1});
    QVERIFY(!m_isInClip);
    QVERIFY(m_clips[0].size() < spoken.size() + 16000);
    // The loud middle of it is there as it is, with at most a tenth of a second before its voice.
    const std::span<const float> middle = std::span(spoken).subspan(spoken.size() / 4, 8000);
    const std::size_t place = placeIn(m_clips[0], middle);
    QVERIFY(place < m_clips[0].size());
    QVERIFY(place <= spoken.size() / 4 + SpokenTurn::kLead);
}

void SpokenTurnTest::piecesOfAnySizeGiveTheSameClips()
{
    const auto stream = joined({silence(1.5), speech(), silence(1.2), speech(), silence(0.4)});
    SpokenTurn whole = turn(End::ByHand);
    push(whole, stream, stream.size());
    whole.finish();
    const auto expected = m_clips;
    QCOMPARE(expected.size(), std::size_t{2});
    for (const std::size_t size : {1U, 319U, 400U, 5000U}) {
        m_clips.clear();
        SpokenTurn pieces = turn(End::ByHand);
        push(pieces, stream, size);
        pieces.finish();
        QCOMPARE(m_clips.size(), expected.size());
        QCOMPARE(m_clips.back(), expected.back());
        QCOMPARE(m_clips.front(), expected.front());
    }
}

void SpokenTurnTest::aPauseEndsTheTurnIfWished()
{
    SpokenTurn spokenTurn = turn(End::ByPause);
    push(spokenTurn, silence(5));
    QVERIFY(!spokenTurn.isOver());  // nobody has spoken
    push(spokenTurn, speech());
    QVERIFY(!spokenTurn.isOver());
    push(spokenTurn, silence(1.3));
    QVERIFY(spokenTurn.isOver());
    QVERIFY(!m_isInClip);  // all is where it belongs already
    spokenTurn.finish();
    QCOMPARE(m_clips.size(), std::size_t{1});
}

void SpokenTurnTest::byHandNoPauseEndsIt()
{
    SpokenTurn spokenTurn = turn(End::ByHand);
    push(spokenTurn, joined({speech(), silence(10)}));
    QVERIFY(!spokenTurn.isOver());
}

void SpokenTurnTest::longSpeechIsCutIntoClipsThatFit()
{
    // Nobody takes a breath: what is cut is one stream.
    std::vector<float> stream;
    const auto spoken = speech();
    const auto loud = std::span(spoken).subspan(spoken.size() / 4, spoken.size() / 2);
    while (stream.size() < 3 * kSamplesPerClip)
        stream.insert(stream.end(), loud.begin(), loud.end());
    SpokenTurn spokenTurn = turn(End::ByHand);
    push(spokenTurn, stream);
    spokenTurn.finish();
    QVERIFY(m_clips.size() >= 3);
    std::vector<float> heard;
    for (const auto& clip : m_clips) {
        QVERIFY(clip.size() + app::kSilenceAfterClip <= kSamplesPerClip);
        heard.insert(heard.end(), clip.begin(), clip.end());
    }
    // None is lost and none is doubled but what is silent in the stream itself.
    QVERIFY(heard.size() <= stream.size());
    QVERIFY(heard.size() + 16000 > stream.size());
    QVERIFY(std::equal(heard.begin(),
                       heard.begin() + static_cast<std::ptrdiff_t>(m_clips.front().size()),
                       stream.begin()));
}

void SpokenTurnTest::anHourOfSilenceGivesNothing()
{
    SpokenTurn spokenTurn = turn(End::ByPause);
    const auto second = silence(1);
    for (int i = 0; i < 3600; ++i)
        push(spokenTurn, second, second.size());
    spokenTurn.finish();
    QVERIFY(m_clips.empty());
    QVERIFY(spokenTurn.isEmpty());
}

void SpokenTurnTest::whatIsNoVoiceIsGivenIfItIsEndedByHand()
{
    std::vector<float> hum(20 * std::size_t{16000});  // too soft for a voice
    for (std::size_t i = 0; i < hum.size(); ++i)
        hum[i] = static_cast<float>(
            5e-4 * std::sin(2.0 * std::numbers::pi * 100.0 * static_cast<double>(i) / 16000.0));
    SpokenTurn spokenTurn = turn(End::ByHand);
    push(spokenTurn, hum);
    QVERIFY(m_clips.empty());
    spokenTurn.finish();
    QCOMPARE(m_clips.size(), std::size_t{1});
    const auto& clip = m_clips[0];
    QVERIFY(clip.size() > 16000 * 7);
    QVERIFY(clip.size() + app::kSilenceAfterClip <= kSamplesPerClip);
    QVERIFY(std::equal(clip.rbegin(), clip.rend(), hum.rbegin()));  // the last of it
}

void SpokenTurnTest::whatIsNoVoiceIsNothingIfAPauseWouldEndIt()
{
    SpokenTurn spokenTurn = turn(End::ByPause);
    push(spokenTurn, silence(2));
    spokenTurn.finish();
    QVERIFY(m_clips.empty());
}

void SpokenTurnTest::nothingIsNothing()
{
    SpokenTurn spokenTurn = turn(End::ByHand);
    spokenTurn.finish();
    QVERIFY(spokenTurn.isEmpty());
    QVERIFY(m_clips.empty());
}

QTEST_GUILESS_MAIN(SpokenTurnTest)
#include "spoken_turn_test.moc"
