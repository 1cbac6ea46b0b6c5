#include <QTest>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "app/microphone.h"
#include "tests/app/fake_sound_system.h"

using app::InputFormat;
using app::Microphone;
using tests::FakeMicrophone;
using namespace std::chrono_literals;

namespace {

constexpr double kToneHz = 440.0;

// frames × channels of a tone whose mean over the channels has that amplitude.
std::vector<float> tone(double rateHz, int channels, double seconds, double amplitude = 0.5)
{
    std::vector<float> samples;
    for (int i = 0; i < std::lround(seconds * rateHz); ++i) {
        const double value = amplitude * std::sin(2.0 * std::numbers::pi * kToneHz * i / rateHz);
        for (int c = 0; c < channels; ++c)
            samples.push_back(static_cast<float>(value * 2.0 * (c + 1) / (channels + 1)));
    }
    return samples;
}

double amplitudeOf(const std::vector<float>& samples)
{
    double squares = 0.0;
    const std::size_t first = samples.size() / 4;
    const std::size_t last = samples.size() - first;
    for (std::size_t i = first; i < last; ++i)
        squares += static_cast<double>(samples[i]) * samples[i];
    return std::sqrt(2.0 * squares / static_cast<double>(last - first));
}

void append(std::vector<float>& all, const std::vector<float>& more)
{
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

// The microphone on a sound system that does what a test tells it.
class MicrophoneTest : public QObject {
    Q_OBJECT

private slots:
    void init();

    void sixteenKilohertzAreGivenAsTheyAre();
    void theDefaultIsOpenedUnlessOneIsChosen();
    void theDeviceResamplesIfItCan_data();
    void theDeviceResamplesIfItCan();
    void everyFormatBecomesMonoOfSixteenKilohertz_data();
    void everyFormatBecomesMonoOfSixteenKilohertz();
    void piecesOfAnySizeGiveTheSame();
    void aLateReaderLosesNothingForFourSeconds();
    void aLateCallbackIsWaitedFor();
    void aFullRingIsToldInASentence();
    void gapsOfTheSystemAreToldInASentence();
    void anHourOfSilenceIsAnHourOfSilence();
    void whatWasHeardBeforeTheDeviceVanishedIsKept();
    void aDeviceThatGivesNothingIsASentence();
    void numbersThatAreNoneAreSilenceAndTold();
    void fullScaleIsMarked_data();
    void fullScaleIsMarked();
    void aConstantOffsetStaysInTheSound();
    void closingGivesTheRest();
    void whatCannotBeOpenedIsASentence_data();
    void whatCannotBeOpenedIsASentence();

private:
    Microphone open(const std::string& device = {});
    std::string refusalOf(const std::string& device);

    std::shared_ptr<FakeMicrophone> m_fake;
    Microphone::Clock::time_point m_now;
};

void MicrophoneTest::init()
{
    m_fake = std::make_shared<FakeMicrophone>();
    m_now = {};
}

Microphone MicrophoneTest::open(const std::string& device)
{
    auto microphone =
        Microphone::open(std::make_unique<tests::FakeSoundSystem>(m_fake), device, m_now);
    if (!microphone)
        qFatal("%s", microphone.error().message.c_str());
    return *std::move(microphone);
}

std::string MicrophoneTest::refusalOf(const std::string& device)
{
    const auto microphone =
        Microphone::open(std::make_unique<tests::FakeSoundSystem>(m_fake), device, m_now);
    return microphone ? std::string() : microphone.error().message;
}

void MicrophoneTest::sixteenKilohertzAreGivenAsTheyAre()
{
    Microphone microphone = open();
    const auto samples = tone(16000, 1, 0.3);
    m_fake->speak(samples);
    const auto heard = microphone.read(m_now);
    QVERIFY(heard);
    QCOMPARE(*heard, samples);
    QVERIFY(!microphone.lost().isAny());
    QCOMPARE(microphone.lost().sentence(), std::string());
}

void MicrophoneTest::theDefaultIsOpenedUnlessOneIsChosen()
{
    m_fake->inputs = {{"Of the system", true, 2, 48000}, {"Headset", false, 1, 16000}};
    QCOMPARE(open().device().name, std::string("Of the system"));
    QCOMPARE(m_fake->openedInput, std::size_t{0});
    QCOMPARE(open("Headset").device().name, std::string("Headset"));
    QCOMPARE(m_fake->openedInput, std::size_t{1});
}

void MicrophoneTest::theDeviceResamplesIfItCan_data()
{
    QTest::addColumn<double>("onlyRate");
    QTest::addColumn<int>("onlyChannels");
    QTest::addColumn<double>("rate");
    QTest::addColumn<int>("channels");
    QTest::newRow("anything") << 0.0 << 0 << 16000.0 << 1;
    QTest::newRow("its own rate") << 44100.0 << 0 << 44100.0 << 1;
    QTest::newRow("its own channels") << 0.0 << 8 << 16000.0 << 8;
    QTest::newRow("its own of both") << 44100.0 << 8 << 44100.0 << 8;
    QTest::newRow("not what it says") << 48000.0 << 2 << 48000.0 << 2;
}

void MicrophoneTest::theDeviceResamplesIfItCan()
{
    QFETCH(const double, onlyRate);
    QFETCH(const int, onlyChannels);
    QFETCH(const double, rate);
    QFETCH(const int, channels);
    m_fake->inputs = {{"Interface", true, 8, 44100}};
    m_fake->supports = [&](const InputFormat& format) {
        return (onlyRate == 0.0 || format.rateHz == onlyRate) &&
               (onlyChannels == 0 || format.channels == onlyChannels);
    };
    const Microphone microphone = open();
    QCOMPARE(microphone.format().rateHz, rate);
    QCOMPARE(microphone.format().channels, channels);
}

void MicrophoneTest::everyFormatBecomesMonoOfSixteenKilohertz_data()
{
    QTest::addColumn<double>("rate");
    QTest::addColumn<int>("channels");
    QTest::newRow("stereo") << 16000.0 << 2;
    QTest::newRow("of a compact disc") << 44100.0 << 1;
    QTest::newRow("eight channels of 44,100 Hz") << 44100.0 << 8;
    QTest::newRow("a telephone") << 8000.0 << 1;
    QTest::newRow("a studio") << 192000.0 << 2;
}

void MicrophoneTest::everyFormatBecomesMonoOfSixteenKilohertz()
{
    QFETCH(const double, rate);
    QFETCH(const int, channels);
    m_fake->inputs = {{"Fake", true, channels, rate}};
    m_fake->supports = [&](const InputFormat& format) {
        return format.rateHz == rate && format.channels == channels;
    };
    Microphone microphone = open();
    std::vector<float> heard;
    for (int i = 0; i < 4; ++i) {  // 440 periods a second: the pieces fit together
        m_fake->speak(tone(rate, channels, 0.5));
        append(heard, *microphone.read(m_now));
    }
    append(heard, *microphone.close());
    QVERIFY(std::abs(static_cast<double>(heard.size()) - 32000.0) <= 2.0);
    QVERIFY(std::abs(amplitudeOf(heard) - 0.5) <= 1e-3);
}

void MicrophoneTest::piecesOfAnySizeGiveTheSame()
{
    m_fake->inputs = {{"Fake", true, 2, 44100}};
    m_fake->supports = [](const InputFormat& format) {
        return format.rateHz == 44100 && format.channels == 2;
    };
    const auto samples = tone(44100, 2, 1.0);
    Microphone whole = open();
    m_fake->speak(samples);
    auto expected = *whole.read(m_now);
    append(expected, *whole.close());

    Microphone pieces = open();
    std::vector<float> heard;
    std::size_t size = 2;
    for (std::size_t first = 0; first < samples.size();) {
        const std::size_t count = std::min(size, samples.size() - first);
        m_fake->speak(std::span(samples).subspan(first, count));
        append(heard, *pieces.read(m_now));
        first += count;
        size = size * 3 % 2002 + 2;
        size -= size % 2;
    }
    append(heard, *pieces.close());
    QCOMPARE(heard, expected);
}

void MicrophoneTest::aLateReaderLosesNothingForFourSeconds()
{
    Microphone microphone = open();
    const auto samples = tone(16000, 1, 4.0);
    for (std::size_t first = 0; first < samples.size(); first += 256)
        m_fake->speak(
            std::span(samples).subspan(first, std::min<std::size_t>(256, samples.size() - first)));
    m_now += 4s;
    QCOMPARE(*microphone.read(m_now), samples);
    QVERIFY(!microphone.lost().isAny());
}

void MicrophoneTest::aLateCallbackIsWaitedFor()
{
    Microphone microphone = open();
    const auto samples = tone(16000, 1, 3.1);
    m_fake->speak(std::span(samples).first(1600));
    auto heard = *microphone.read(m_now);
    m_now += 3s;
    append(heard, *microphone.read(m_now));
    QCOMPARE(heard.size(), std::size_t{1600});
    m_fake->speak(std::span(samples).subspan(1600));  // all that it kept
    append(heard, *microphone.read(m_now));
    QCOMPARE(heard, samples);
    QVERIFY(!microphone.lost().isAny());
}

void MicrophoneTest::aFullRingIsToldInASentence()
{
    Microphone microphone = open();
    m_fake->speak(tone(16000, 1, 7.5));
    QCOMPARE(microphone.read(m_now)->size(), std::size_t{80000});
    QCOMPARE(microphone.lost().seconds, 2.5);
    QCOMPARE(microphone.lost().sentence(),
             std::string("2.5 s of the sound were lost, as the computer was too busy."));
    // The device goes on, and so does what is heard.
    m_fake->speak(tone(16000, 1, 0.1));
    QCOMPARE(microphone.read(m_now)->size(), std::size_t{1600});
    QCOMPARE(microphone.lost().seconds, 2.5);
}

void MicrophoneTest::gapsOfTheSystemAreToldInASentence()
{
    const Microphone microphone = open();
    m_fake->ring.load()->noteGap();
    QCOMPARE(microphone.lost().sentence(), std::string("The sound system lost some of the sound."));
    m_fake->ring.load()->noteGap();
    QCOMPARE(microphone.lost().sentence(),
             std::string("The sound system lost some of the sound, 2 times."));
}

void MicrophoneTest::anHourOfSilenceIsAnHourOfSilence()
{
    Microphone microphone = open();
    const std::vector<float> second(16000, 0.0F);
    std::size_t heard = 0;
    for (int i = 0; i < 3600; ++i) {
        m_fake->speak(second);
        m_now += 1s;
        const auto samples = microphone.read(m_now);
        QVERIFY(samples);
        heard += samples->size();
        QVERIFY(samples->capacity() <= second.size());
    }
    QCOMPARE(heard, std::size_t{3600} * 16000);
    QVERIFY(!microphone.lost().isAny());
    QCOMPARE(microphone.level().levelDb(), app::LevelMeter::kFloorDb);
}

void MicrophoneTest::whatWasHeardBeforeTheDeviceVanishedIsKept()
{
    Microphone microphone = open();
    const auto samples = tone(16000, 1, 0.5);
    m_fake->speak(samples);
    m_fake->isRunning = false;
    QCOMPARE(*microphone.read(m_now), samples);
    const auto after = microphone.read(m_now);
    QVERIFY(!after);
    QCOMPARE(after.error().message,
             std::string("The microphone \"Fake\" is gone. What was heard until then is kept."));
    QVERIFY(microphone.close());
}

void MicrophoneTest::aDeviceThatGivesNothingIsASentence()
{
    Microphone microphone = open();
    m_now += 5900ms;  // a sound server that starts slowly
    QVERIFY(microphone.read(m_now));
    m_fake->speak(tone(16000, 1, 0.1));
    QVERIFY(microphone.read(m_now));
    m_now += 5900ms;
    QVERIFY(microphone.read(m_now));
    m_now += 100ms;
    const auto nothing = microphone.read(m_now);
    QVERIFY(!nothing);
    QVERIFY(nothing.error().message.find("\"Fake\" gives no sound") != std::string::npos);
}

void MicrophoneTest::numbersThatAreNoneAreSilenceAndTold()
{
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    Microphone microphone = open();
    m_fake->speak(std::vector<float>{0.25F, kNan, 0.5F, kInfinity, -kInfinity, -0.25F});
    QCOMPARE(*microphone.read(m_now), (std::vector<float>{0.25F, 0, 0.5F, 0, 0, -0.25F}));
    QCOMPARE(microphone.lost().sentence(),
             std::string("The microphone gave 3 samples that are not numbers; they are heard as "
                         "silence."));
    QVERIFY(std::isfinite(microphone.level().levelDb()));
}

void MicrophoneTest::fullScaleIsMarked_data()
{
    QTest::addColumn<float>("sample");
    QTest::addColumn<bool>("isClip");
    QTest::newRow("loud") << 0.99F << false;
    QTest::newRow("the highest of 16 bits") << 32767.0F / 32768.0F << true;
    QTest::newRow("the lowest") << -1.0F << true;
    QTest::newRow("beyond") << 3.0F << true;
}

void MicrophoneTest::fullScaleIsMarked()
{
    QFETCH(const float, sample);
    QFETCH(const bool, isClip);
    m_fake->inputs = {{"Fake", true, 2, 16000}};
    m_fake->supports = [](const InputFormat& format) { return format.channels == 2; };
    Microphone microphone = open();
    m_fake->speak(std::vector<float>{0.0F, 0.0F, 0.0F, sample});  // in one channel only
    const auto heard = *microphone.read(m_now);
    QCOMPARE(microphone.level().isClipped(), isClip);
    QCOMPARE(heard.back(), std::clamp(sample, -1.0F, 1.0F) / 2.0F);
}

void MicrophoneTest::aConstantOffsetStaysInTheSound()
{
    Microphone microphone = open();
    const std::vector<float> samples(1600, 0.25F);
    m_fake->speak(samples);
    QCOMPARE(*microphone.read(m_now), samples);
    QCOMPARE(microphone.level().peakDb(), app::LevelMeter::kFloorDb);
}

void MicrophoneTest::closingGivesTheRest()
{
    Microphone microphone = open();
    const auto samples = tone(16000, 1, 0.1);
    m_fake->speak(samples);
    QCOMPARE(*microphone.close(), samples);
    QVERIFY(!m_fake->isRunning);
    QVERIFY(microphone.read(m_now + 1min)->empty());
    QVERIFY(microphone.close()->empty());
}

void MicrophoneTest::whatCannotBeOpenedIsASentence_data()
{
    QTest::addColumn<bool>("hasInput");
    QTest::addColumn<QString>("device");
    QTest::addColumn<bool>("hasFormat");
    QTest::addColumn<QString>("refusal");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("none") << false << "" << true << ""
                          << "No microphone was found. Connect one";
    QTest::newRow("one that is not there")
        << true << "Headset" << true << ""
        << "The microphone \"Headset\" is not there. Connect it, or choose one of these: \"Fake\".";
    QTest::newRow("no format") << true << "" << false << ""
                               << "it takes no rate";
    QTest::newRow("no permission")
        << true << "" << true << "Permission denied"
        << "The microphone \"Fake\" cannot be opened: Permission denied. Another program may";
}

void MicrophoneTest::whatCannotBeOpenedIsASentence()
{
    QFETCH(const bool, hasInput);
    QFETCH(const QString, device);
    QFETCH(const bool, hasFormat);
    QFETCH(const QString, refusal);
    QFETCH(const QString, sentence);
    if (!hasInput)
        m_fake->inputs.clear();
    m_fake->supports = [hasFormat](const InputFormat&) { return hasFormat; };
    m_fake->refusal = refusal.toStdString();
    const std::string said = refusalOf(device.toStdString());
    QVERIFY2(said.find(sentence.toStdString()) != std::string::npos, said.c_str());
}

QTEST_GUILESS_MAIN(MicrophoneTest)
#include "microphone_test.moc"
