#pragma once

#include <QString>
#include <optional>
#include <vector>

#include "app/machine_state.h"

namespace app {

// What a person wants of the size that a model runs in.
enum class SizeWish {
    Quick,     // answers that appear almost at once
    Balanced,  // as good as can be read along with
    Best,      // the whole model
    Pinned,    // this size and no other
};

// A size that the open model can run in.
struct SizeOffer {
    QString name;
    double work = 1;  // for a token, relative to the whole model, in (0, 1]
};

// What a size is chosen for.
struct SizeSituation {
    SizeWish wish = SizeWish::Balanced;
    QString pinned{};  // the size of SizeWish::Pinned
    MachineState machine{};
};

struct SizeChoice {
    int size = 0;      // place in the offers
    QString sentence;  // why
};

// Chooses the size for the next answer from the speed of those before it, the battery, the memory
// and what the person wishes. Knows no engine and no clock; time passes in answers.
//
// Quick and Balanced aim at a speed and take the largest size that reaches it. A size is left for a
// smaller one when it is slower than 0.9 of the aim, and for a larger one when that should reach
// 1.25 of it, so that a speed about the aim changes nothing. After a change the size stays for some
// answers; each time a larger size turns out too slow, the next try waits twice as long.
class SizePolicy {
public:
    // Of the model that was opened, the largest first, at least one. Forgets every speed.
    void setOffers(std::vector<SizeOffer> offers);

    // How fast the last choice was. An answer of a few tokens says little and does not count, nor
    // does a speed of 0, which is none.
    void answered(double tokensPerSecond, int tokens);

    // For the next answer. Call it once before each.
    SizeChoice choose(const SizeSituation& situation);

    // What a size should reach, from what was measured; none before the first measurement.
    std::optional<double> expectedSpeed(int size) const;

private:
    struct Speed {
        double tokensPerSecond = 0;
        int age = 0;  // answers since
    };
    // Why a size was taken; all but Speed follow from the situation alone.
    enum class Reason { OnlyOne, Pinned, Best, MemoryShort, BatteryLow, Speed };

    Reason reasonFor(const SizeSituation& situation) const;
    int sizeFor(Reason reason, const SizeSituation& situation) const;
    int sizeForSpeed(double aim) const;
    int largestReaching(double speed) const;
    int smallest() const { return static_cast<int>(m_offers.size()) - 1; }
    int indexOf(const QString& name) const;
    void noteLimits(const MachineState& machine);
    void changeTo(int size);
    QString sentenceFor(Reason reason, const SizeSituation& situation, double aim) const;
    QString speedSentence(const SizeSituation& situation, double aim) const;

    std::vector<SizeOffer> m_offers;
    std::vector<std::optional<Speed>> m_speeds;  // one for each offer
    std::optional<int> m_size;
    std::optional<SizeWish> m_wish;
    std::optional<Reason> m_reason;
    bool m_isMemoryShort = false;
    bool m_isBatteryLow = false;
    int m_answersSinceChange = 0;
    int m_patience = 0;  // answers that must pass before a larger size is tried
    // The size before this one, and how fast this one was when it began: if it has become faster
    // since, so has the machine, and the other would be faster too.
    std::optional<int> m_cameFrom;
    std::optional<double> m_speedAtArrival;
};

}  // namespace app
