#include "app/size_policy.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <cmath>
#include <utility>

namespace app {

namespace {

// Tokens per second. People read 4 words a second, about 6 tokens: Balanced is comfortably ahead of
// them, Quick has a paragraph there in three seconds.
constexpr double kQuickSpeed = 30.0;
constexpr double kBalancedSpeed = 10.0;
// On battery an answer should be over sooner: what it takes is power times time.
constexpr double kBatteryFactor = 1.5;

constexpr double kTooSlow = 0.9;       // of the aim: then a smaller size
constexpr double kFastEnough = 1.25;   // of the aim: then a larger one
constexpr double kWeightOfLast = 0.3;  // of the last answer in the mean
constexpr int kFewestTokens = 8;       // of an answer whose speed counts
constexpr int kPatienceDown = 2;
constexpr int kPatienceUp = 4;
constexpr int kMostPatience = 64;
constexpr int kOldAge = 64;  // answers, after which the speed of another size is not believed

// A state begins at the first and ends at the second.
constexpr double kMemoryShort = 0.05;
constexpr double kMemoryFine = 0.10;
constexpr double kBatteryLow = 0.20;
constexpr double kBatteryFine = 0.25;

QString tr(const char* text)
{
    return QCoreApplication::translate("app::SizePolicy", text);
}

QString speedText(double tokensPerSecond)
{
    return QLocale().toString(tokensPerSecond, 'f', tokensPerSecond < 10 ? 1 : 0);
}

double aimFor(const SizeSituation& situation)
{
    const double aim = situation.wish == SizeWish::Quick ? kQuickSpeed : kBalancedSpeed;
    return situation.machine.power.isOnBattery ? aim * kBatteryFactor : aim;
}

}  // namespace

void SizePolicy::setOffers(std::vector<SizeOffer> offers)
{
    *this = {};
    m_offers = std::move(offers);
    m_speeds.resize(m_offers.size());
    m_patience = kPatienceUp;
}

void SizePolicy::answered(double tokensPerSecond, int tokens)
{
    const bool counts =
        std::isfinite(tokensPerSecond) && tokensPerSecond > 0 && tokens >= kFewestTokens && m_size;
    if (!counts)
        return;
    ++m_answersSinceChange;
    for (auto& speed : m_speeds) {
        if (speed)
            ++speed->age;
    }
    auto& speed = m_speeds[static_cast<std::size_t>(*m_size)];
    const bool isFresh = speed && m_speedAtArrival;
    speed = Speed{isFresh ? speed->tokensPerSecond +
                                kWeightOfLast * (tokensPerSecond - speed->tokensPerSecond)
                          : tokensPerSecond,
                  0};
    if (!m_speedAtArrival)
        m_speedAtArrival = tokensPerSecond;
}

std::optional<double> SizePolicy::expectedSpeed(int size) const
{
    const auto& own = m_speeds[static_cast<std::size_t>(size)];
    if (!m_size || size == *m_size)
        return own ? std::optional(own->tokensPerSecond) : std::nullopt;
    const auto& current = m_speeds[static_cast<std::size_t>(*m_size)];
    const bool isKnown = own && own->age <= kOldAge;
    if (isKnown && size == m_cameFrom && current && m_speedAtArrival)
        return own->tokensPerSecond * current->tokensPerSecond / *m_speedAtArrival;
    if (current && m_speedAtArrival) {
        return current->tokensPerSecond * m_offers[static_cast<std::size_t>(*m_size)].work /
               m_offers[static_cast<std::size_t>(size)].work;
    }
    return isKnown ? std::optional(own->tokensPerSecond) : std::nullopt;
}

SizeChoice SizePolicy::choose(const SizeSituation& situation)
{
    noteLimits(situation.machine);
    const Reason reason = reasonFor(situation);
    // The person, or the machine, wants something else: no reason to wait.
    if (situation.wish != m_wish || reason != m_reason) {
        m_patience = kPatienceUp;
        m_answersSinceChange = kMostPatience;
    }
    m_wish = situation.wish;
    m_reason = reason;
    const int size = sizeFor(reason, situation);
    if (size != m_size)
        changeTo(size);
    return {size, sentenceFor(reason, situation, aimFor(situation))};
}

SizePolicy::Reason SizePolicy::reasonFor(const SizeSituation& situation) const
{
    if (m_offers.size() == 1)
        return Reason::OnlyOne;
    if (situation.wish == SizeWish::Pinned && indexOf(situation.pinned) >= 0)
        return Reason::Pinned;
    if (m_isMemoryShort)
        return Reason::MemoryShort;
    if (situation.wish == SizeWish::Best)
        return Reason::Best;
    return m_isBatteryLow ? Reason::BatteryLow : Reason::Speed;
}

int SizePolicy::sizeFor(Reason reason, const SizeSituation& situation) const
{
    switch (reason) {
    case Reason::Pinned:
        return indexOf(situation.pinned);
    case Reason::OnlyOne:
    case Reason::Best:
        return 0;
    case Reason::MemoryShort:
    case Reason::BatteryLow:
        return smallest();
    case Reason::Speed:
        break;
    }
    const bool isMeasured = std::any_of(m_speeds.begin(), m_speeds.end(),
                                        [](const auto& speed) { return speed.has_value(); });
    if (!m_size || !isMeasured)
        return situation.wish == SizeWish::Quick ? smallest() : 0;
    return sizeForSpeed(aimFor(situation));
}

// With hysteresis about the size that runs now.
int SizePolicy::sizeForSpeed(double aim) const
{
    const int size = *m_size;
    const auto speed = expectedSpeed(size);
    if (!speed)
        return size;  // it has not answered yet
    if (*speed < aim * kTooSlow)
        return m_answersSinceChange < kPatienceDown ? size : std::max(size, largestReaching(aim));
    if (m_answersSinceChange < m_patience)
        return size;
    return std::min(size, largestReaching(aim * kFastEnough));
}

int SizePolicy::largestReaching(double speed) const
{
    for (int size = 0; size < smallest(); ++size) {
        if (expectedSpeed(size).value_or(0) >= speed)
            return size;
    }
    return smallest();
}

int SizePolicy::indexOf(const QString& name) const
{
    const auto found = std::find_if(m_offers.begin(), m_offers.end(),
                                    [&](const SizeOffer& offer) { return offer.name == name; });
    return found == m_offers.end() ? -1 : static_cast<int>(found - m_offers.begin());
}

void SizePolicy::noteLimits(const MachineState& machine)
{
    m_isMemoryShort =
        machine.memoryLeft.value_or(1) < (m_isMemoryShort ? kMemoryFine : kMemoryShort);
    m_isBatteryLow = machine.power.isOnBattery && machine.power.charge.value_or(1) <
                                                      (m_isBatteryLow ? kBatteryFine : kBatteryLow);
}

void SizePolicy::changeTo(int size)
{
    // Too slow so soon after it was tried: the next try waits longer.
    if (m_reason == Reason::Speed && m_size && size > *m_size && m_cameFrom &&
        *m_cameFrom > *m_size)
        m_patience = std::min(2 * m_patience, kMostPatience);
    m_cameFrom = m_size;
    m_size = size;
    m_speedAtArrival.reset();
    m_answersSinceChange = 0;
}

QString SizePolicy::sentenceFor(Reason reason, const SizeSituation& situation, double aim) const
{
    const QString name = m_offers[static_cast<std::size_t>(*m_size)].name;
    switch (reason) {
    case Reason::OnlyOne:
        return tr("%1: this model has no other size.").arg(name);
    case Reason::Pinned:
        return tr("%1, because you chose it.").arg(name);
    case Reason::Best:
        return tr("%1, for the best answers.").arg(name);
    case Reason::MemoryShort:
        return tr("%1, because memory is short.").arg(name);
    case Reason::BatteryLow:
        return tr("%1, because the battery is low.").arg(name);
    case Reason::Speed:
        break;
    }
    return speedSentence(situation, aim);
}

QString SizePolicy::speedSentence(const SizeSituation& situation, double aim) const
{
    const QString name = m_offers[static_cast<std::size_t>(*m_size)].name;
    const auto larger = *m_size > 0 ? expectedSpeed(*m_size - 1) : std::nullopt;
    if (larger && *larger < aim * kFastEnough) {
        const QString sentence = situation.machine.power.isOnBattery
                                     ? tr("%1, to save the battery: %2 makes %3 tokens/s.")
                                     : tr("%1, because %2 makes %3 tokens/s.");
        return sentence.arg(name, m_offers[static_cast<std::size_t>(*m_size - 1)].name,
                            speedText(*larger));
    }
    if (const auto speed = expectedSpeed(*m_size))
        return tr("%1, at about %2 tokens/s.").arg(name, speedText(*speed));
    return *m_size == 0 ? tr("%1, until its speed is known.").arg(name)
                        : tr("%1, to be quick.").arg(name);
}

}  // namespace app
