#include <QLocale>
#include <QTest>
#include <random>

#include "app/size_policy.h"

using app::SizePolicy;
using app::SizeSituation;
using app::SizeWish;

namespace {

constexpr int kFull = 0;
constexpr int kMiddle = 1;
constexpr int kHalf = 2;
constexpr int kLongAnswer = 50;  // tokens

SizePolicy threeSizes()
{
    SizePolicy policy;
    policy.setOffers({{"full", 1.0}, {"middle", 0.75}, {"half", 0.5}});
    return policy;
}

SizeSituation wishing(SizeWish wish)
{
    SizeSituation situation;
    situation.wish = wish;
    return situation;
}

SizeSituation onBattery(double charge, SizeWish wish = SizeWish::Balanced)
{
    SizeSituation situation = wishing(wish);
    situation.machine.power = {true, charge};
    return situation;
}

SizeSituation withMemory(double left, SizeWish wish = SizeWish::Balanced)
{
    SizeSituation situation = wishing(wish);
    situation.machine.memoryLeft = left;
    return situation;
}

// A machine on which each size has a speed of its own.
struct Machine {
    double speeds[3];
    double noise = 0;  // largest deviation, as a share
    std::mt19937 random{1};

    double operator()(int size)
    {
        std::uniform_real_distribution<double> deviation(-noise, noise);
        return speeds[size] * (1 + deviation(random));
    }
};

// Answers so many times; returns the size at the end.
int answer(SizePolicy& policy, const SizeSituation& situation, Machine machine, int times)
{
    int size = policy.choose(situation).size;
    for (int i = 0; i < times; ++i) {
        policy.answered(machine(size), kLongAnswer);
        size = policy.choose(situation).size;
    }
    return size;
}

}  // namespace

Q_DECLARE_METATYPE(Machine)

class SizePolicyTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void speedDecides_data();
    void speedDecides();
    void wishIsObeyedAtOnce();
    void bestStaysWholeHoweverSlow();
    void pinnedIsThatSize();
    void pinnedSizeThatIsNotThereIsNoWish();
    void aSingleSizeIsTaken();
    void lowBatteryTakesTheSmallest();
    void lowBatteryHasHysteresis();
    void batteryAimsHigher();
    void shortMemoryTakesTheSmallest();
    void shortMemoryHasHysteresis();
    void withoutMeasurementsNothingChanges();
    void speedsThatSayNothingDoNotCount_data();
    void speedsThatSayNothingDoNotCount();
    void anotherModelForgetsSpeeds();
    void largerIsTriedWhenTheMachineGetsFaster();
    void doesNotFlap_data();
    void doesNotFlap();
    void triesBecomeRareWhereSizesDeceive();
    void sentencesSayWhy_data();
    void sentencesSayWhy();
};

void SizePolicyTest::speedDecides_data()
{
    QTest::addColumn<SizeWish>("wish");
    QTest::addColumn<double>("fullSpeed");
    QTest::addColumn<int>("size");

    // Others run in proportion: middle 4/3, half twice as fast.
    QTest::newRow("balanced, fast machine") << SizeWish::Balanced << 40.0 << kFull;
    QTest::newRow("balanced, just enough") << SizeWish::Balanced << 9.5 << kFull;
    QTest::newRow("balanced, a little slow") << SizeWish::Balanced << 8.0 << kMiddle;
    QTest::newRow("balanced, slow") << SizeWish::Balanced << 6.0 << kHalf;
    QTest::newRow("balanced, very slow") << SizeWish::Balanced << 0.5 << kHalf;
    QTest::newRow("quick, fast machine") << SizeWish::Quick << 60.0 << kFull;
    QTest::newRow("quick, not quite") << SizeWish::Quick << 29.0 << kMiddle;
    QTest::newRow("quick, slow") << SizeWish::Quick << 12.0 << kHalf;
}

void SizePolicyTest::speedDecides()
{
    QFETCH(const SizeWish, wish);
    QFETCH(const double, fullSpeed);
    SizePolicy policy = threeSizes();
    const Machine machine{{fullSpeed, fullSpeed / 0.75, fullSpeed / 0.5}};
    QTEST(answer(policy, wishing(wish), machine, 20), "size");
}

void SizePolicyTest::wishIsObeyedAtOnce()
{
    SizePolicy policy = threeSizes();
    const Machine machine{{20, 26, 40}};
    QCOMPARE(answer(policy, wishing(SizeWish::Balanced), machine, 10), kFull);
    QCOMPARE(policy.choose(wishing(SizeWish::Quick)).size, kHalf);
    policy.answered(40, kLongAnswer);
    QCOMPARE(policy.choose(wishing(SizeWish::Balanced)).size, kFull);
    QCOMPARE(policy.choose(wishing(SizeWish::Best)).size, kFull);
}

void SizePolicyTest::bestStaysWholeHoweverSlow()
{
    SizePolicy policy = threeSizes();
    QCOMPARE(answer(policy, wishing(SizeWish::Best), {{0.2, 0.3, 0.4}}, 50), kFull);
    QCOMPARE(policy.choose(onBattery(0.05, SizeWish::Best)).size, kFull);
}

void SizePolicyTest::pinnedIsThatSize()
{
    SizePolicy policy = threeSizes();
    SizeSituation situation = wishing(SizeWish::Pinned);
    situation.pinned = "middle";
    situation.machine = {{true, 0.01}, 0.001};  // whatever the machine says
    QCOMPARE(answer(policy, situation, {{1, 2, 3}}, 20), kMiddle);
    situation.pinned = "half";
    QCOMPARE(policy.choose(situation).size, kHalf);
}

void SizePolicyTest::pinnedSizeThatIsNotThereIsNoWish()
{
    SizePolicy policy = threeSizes();
    SizeSituation situation = wishing(SizeWish::Pinned);
    situation.pinned = "of another model";
    QCOMPARE(answer(policy, situation, {{6, 8, 12}}, 20), kHalf);
}

void SizePolicyTest::aSingleSizeIsTaken()
{
    SizePolicy policy;
    policy.setOffers({{"full", 1.0}});
    for (const SizeWish wish :
         {SizeWish::Quick, SizeWish::Balanced, SizeWish::Best, SizeWish::Pinned}) {
        SizeSituation situation = onBattery(0.01, wish);
        situation.machine.memoryLeft = 0.0;
        QCOMPARE(answer(policy, situation, {{0.1, 0, 0}}, 5), 0);
    }
}

void SizePolicyTest::lowBatteryTakesTheSmallest()
{
    for (const SizeWish wish : {SizeWish::Quick, SizeWish::Balanced}) {
        SizePolicy policy = threeSizes();
        QCOMPARE(policy.choose(onBattery(0.19, wish)).size, kHalf);
    }
    SizePolicy policy = threeSizes();
    SizeSituation plugged = onBattery(0.05);
    plugged.machine.power.isOnBattery = false;
    QCOMPARE(policy.choose(plugged).size, kFull);
    SizeSituation unknown = onBattery(0);
    unknown.machine.power.charge.reset();
    QCOMPARE(policy.choose(unknown).size, kFull);
}

void SizePolicyTest::lowBatteryHasHysteresis()
{
    SizePolicy policy = threeSizes();
    const Machine fast{{100, 130, 200}};
    QCOMPARE(answer(policy, onBattery(0.5), fast, 3), kFull);
    QCOMPARE(answer(policy, onBattery(0.19), fast, 1), kHalf);
    QCOMPARE(answer(policy, onBattery(0.22), fast, 10), kHalf);
    QCOMPARE(policy.choose(onBattery(0.26)).size, kFull);
}

void SizePolicyTest::batteryAimsHigher()
{
    SizePolicy policy = threeSizes();
    const Machine machine{{12, 16, 24}};
    QCOMPARE(answer(policy, wishing(SizeWish::Balanced), machine, 10), kFull);
    QCOMPARE(answer(policy, onBattery(0.9), machine, 10), kMiddle);
}

void SizePolicyTest::shortMemoryTakesTheSmallest()
{
    for (const SizeWish wish : {SizeWish::Quick, SizeWish::Balanced, SizeWish::Best}) {
        SizePolicy policy = threeSizes();
        QCOMPARE(answer(policy, withMemory(0.01, wish), {{100, 130, 200}}, 10), kHalf);
    }
}

void SizePolicyTest::shortMemoryHasHysteresis()
{
    SizePolicy policy = threeSizes();
    QCOMPARE(policy.choose(withMemory(0.06, SizeWish::Best)).size, kFull);
    QCOMPARE(policy.choose(withMemory(0.04, SizeWish::Best)).size, kHalf);
    QCOMPARE(policy.choose(withMemory(0.09, SizeWish::Best)).size, kHalf);
    QCOMPARE(policy.choose(withMemory(0.11, SizeWish::Best)).size, kFull);
}

void SizePolicyTest::withoutMeasurementsNothingChanges()
{
    SizePolicy balanced = threeSizes();
    SizePolicy quick = threeSizes();
    for (int i = 0; i < 100; ++i) {
        QCOMPARE(balanced.choose(wishing(SizeWish::Balanced)).size, kFull);
        QCOMPARE(quick.choose(wishing(SizeWish::Quick)).size, kHalf);
        balanced.answered(0, 0);
        quick.answered(0, 0);
    }
}

void SizePolicyTest::speedsThatSayNothingDoNotCount_data()
{
    QTest::addColumn<double>("speed");
    QTest::addColumn<int>("tokens");

    QTest::newRow("a short answer") << 1.0 << 7;
    QTest::newRow("no speed") << 0.0 << kLongAnswer;
    QTest::newRow("no number") << std::nan("") << kLongAnswer;
    QTest::newRow("no end") << std::numeric_limits<double>::infinity() << kLongAnswer;
    QTest::newRow("backwards") << -3.0 << kLongAnswer;
}

void SizePolicyTest::speedsThatSayNothingDoNotCount()
{
    QFETCH(const double, speed);
    QFETCH(const int, tokens);
    SizePolicy policy = threeSizes();
    policy.choose(wishing(SizeWish::Balanced));
    for (int i = 0; i < 20; ++i) {
        policy.answered(speed, tokens);
        QCOMPARE(policy.choose(wishing(SizeWish::Balanced)).size, kFull);
    }
    QVERIFY(!policy.expectedSpeed(kFull));
}

void SizePolicyTest::anotherModelForgetsSpeeds()
{
    SizePolicy policy = threeSizes();
    QCOMPARE(answer(policy, wishing(SizeWish::Balanced), {{4, 5, 8}}, 10), kHalf);
    policy.setOffers({{"whole", 1.0}, {"small", 0.4}});
    QCOMPARE(policy.choose(wishing(SizeWish::Balanced)).size, 0);
    QVERIFY(!policy.expectedSpeed(0));
}

// As when another program that used the device has ended.
void SizePolicyTest::largerIsTriedWhenTheMachineGetsFaster()
{
    SizePolicy policy = threeSizes();
    const auto balanced = wishing(SizeWish::Balanced);
    QCOMPARE(answer(policy, balanced, {{6, 8, 12}}, 10), kHalf);
    QCOMPARE(answer(policy, balanced, {{24, 32, 48}}, 20), kFull);
}

void SizePolicyTest::doesNotFlap_data()
{
    QTest::addColumn<SizeWish>("wish");
    QTest::addColumn<double>("fullSpeed");
    QTest::addColumn<double>("noise");

    for (const SizeWish wish : {SizeWish::Balanced, SizeWish::Quick}) {
        const double aim = wish == SizeWish::Quick ? 30 : 10;
        for (const double share : {0.4, 0.5, 0.6, 0.68, 0.75, 0.8, 0.9, 1.0, 1.1, 1.25, 1.3}) {
            for (const double noise : {0.0, 0.1, 0.3})
                QTest::addRow("%s, %.2f of the aim, noise %.1f",
                              wish == SizeWish::Quick ? "quick" : "balanced", share, noise)
                    << wish << share * aim << noise;
        }
    }
}

void SizePolicyTest::doesNotFlap()
{
    QFETCH(const SizeWish, wish);
    QFETCH(const double, fullSpeed);
    QFETCH(const double, noise);
    for (unsigned seed = 1; seed <= 8; ++seed) {
        SizePolicy policy = threeSizes();
        Machine machine{{fullSpeed, fullSpeed / 0.75, fullSpeed / 0.5}, noise, std::mt19937(seed)};
        int changes = 0;
        int size = policy.choose(wishing(wish)).size;
        for (int i = 0; i < 500; ++i) {
            policy.answered(machine(size), kLongAnswer);
            const int next = policy.choose(wishing(wish)).size;
            changes += next == size ? 0 : 1;
            size = next;
        }
        // A first step or two to where it belongs. Noise of 30 % crosses a band that is 39 % wide
        // now and then, and each time more slowly.
        const int most = noise < 0.2 ? 4 : 12;
        QVERIFY2(changes <= most,
                 qPrintable(QString("%1 changes with seed %2").arg(changes).arg(seed)));
    }
}

// The smaller size is far faster than its work says, and so promises too much of the larger.
void SizePolicyTest::triesBecomeRareWhereSizesDeceive()
{
    SizePolicy policy;
    policy.setOffers({{"full", 1.0}, {"half", 0.5}});
    int size = policy.choose(wishing(SizeWish::Balanced)).size;
    int changes = 0;
    for (int i = 0; i < 1000; ++i) {
        policy.answered(size == 0 ? 5.0 : 50.0, kLongAnswer);
        const int next = policy.choose(wishing(SizeWish::Balanced)).size;
        changes += next == size ? 0 : 1;
        size = next;
    }
    QVERIFY(changes >= 3);  // it does look again
    QVERIFY2(changes <= 2 * 1000 / 64 + 1, qPrintable(QString::number(changes)));
}

void SizePolicyTest::sentencesSayWhy_data()
{
    QTest::addColumn<SizeWish>("wish");
    QTest::addColumn<double>("charge");  // below 0: mains
    QTest::addColumn<double>("memory");
    QTest::addColumn<double>("fullSpeed");  // 0: not measured
    QTest::addColumn<QString>("sentence");

    const auto row = [](const char* name, SizeWish wish, double charge, double memory, double speed,
                        const char* sentence) {
        QTest::newRow(name) << wish << charge << memory << speed << QString(sentence);
    };
    row("new", SizeWish::Balanced, -1, 1, 0, "full, until its speed is known.");
    row("new and quick", SizeWish::Quick, -1, 1, 0, "half, to be quick.");
    row("fast", SizeWish::Balanced, -1, 1, 34, "full, at about 34 tokens/s.");
    row("slow", SizeWish::Balanced, -1, 1, 8, "middle, because full makes 8.0 tokens/s.");
    row("on battery", SizeWish::Balanced, 0.8, 1, 12,
        "middle, to save the battery: full makes 12 tokens/s.");
    row("battery low", SizeWish::Balanced, 0.1, 1, 50, "half, because the battery is low.");
    row("memory short", SizeWish::Best, -1, 0.01, 50, "half, because memory is short.");
    row("best", SizeWish::Best, -1, 1, 1, "full, for the best answers.");
    row("pinned", SizeWish::Pinned, -1, 1, 30, "middle, because you chose it.");
}

void SizePolicyTest::sentencesSayWhy()
{
    QFETCH(const SizeWish, wish);
    QFETCH(const double, charge);
    QFETCH(const double, memory);
    QFETCH(const double, fullSpeed);
    SizeSituation situation = withMemory(memory, wish);
    situation.pinned = "middle";
    if (charge >= 0)
        situation.machine.power = {true, charge};
    SizePolicy policy = threeSizes();
    const Machine machine{{fullSpeed, fullSpeed / 0.75, fullSpeed / 0.5}};
    answer(policy, situation, machine, 10);
    QTEST(policy.choose(situation).sentence, "sentence");
}

QTEST_GUILESS_MAIN(SizePolicyTest)
#include "size_policy_test.moc"
