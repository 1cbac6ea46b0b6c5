#include "tests/reference/sampling.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/base/check.h"

namespace reference {

namespace {

std::vector<double> penalised(std::span<const float> logits, std::span<const std::uint32_t> history,
                              float penalty)
{
    std::vector<double> result(logits.begin(), logits.end());
    for (const std::uint32_t id : std::set<std::uint32_t>(history.begin(), history.end())) {
        if (id < result.size())
            result[id] = result[id] > 0.0 ? result[id] / penalty : result[id] * penalty;
    }
    return result;
}

void normalise(std::vector<Candidate>& kept)
{
    double total = 0.0;
    for (const Candidate& candidate : kept)
        total += candidate.probability;
    for (Candidate& candidate : kept)
        candidate.probability /= total;
}

void keepTopP(std::vector<Candidate>& kept, float topP)
{
    double sum = 0.0;
    std::size_t count = 0;
    while (count < kept.size() && (count == 0 || sum < topP))
        sum += kept[count++].probability;
    kept.resize(count);
    normalise(kept);
}

void keepMinP(std::vector<Candidate>& kept, float minP)
{
    const double least = minP * kept.front().probability;
    const auto tooUnlikely = [least](const Candidate& c) { return c.probability < least; };
    kept.erase(std::find_if(kept.begin(), kept.end(), tooUnlikely), kept.end());
    normalise(kept);
}

}  // namespace

std::vector<Candidate> candidates(std::span<const float> logits,
                                  std::span<const std::uint32_t> history,
                                  const engine::SamplingOptions& options)
{
    ENGINE_CHECK(!logits.empty());
    const std::vector<double> scores = penalised(logits, history, options.repetitionPenalty);

    std::vector<std::uint32_t> order(scores.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<std::uint32_t>(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
    if (options.temperature == 0.0F)
        return {{order.front(), 1.0}};

    const std::size_t topK = options.topK == 0 ? engine::SamplingOptions::kMaxTopK : options.topK;
    order.resize(std::min(order.size(), topK));

    std::vector<Candidate> kept;
    kept.reserve(order.size());
    const double largest = scores[order.front()];
    for (const std::uint32_t id : order)
        kept.push_back({id, std::exp((scores[id] - largest) / options.temperature)});
    normalise(kept);
    if (options.topP < 1.0F)
        keepTopP(kept, options.topP);
    if (options.minP > 0.0F)
        keepMinP(kept, options.minP);
    return kept;
}

std::uint32_t argMax(std::span<const float> logits)
{
    ENGINE_CHECK(!logits.empty());
    return static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) -
                                      logits.begin());
}

}  // namespace reference
