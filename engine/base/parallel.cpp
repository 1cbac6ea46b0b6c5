#include "engine/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace engine {

void forEachInParallel(std::size_t count, const std::function<void(std::size_t)>& work)
{
    std::atomic<std::size_t> next = 0;
    const auto takeTurns = [&] {
        for (std::size_t i = next++; i < count; i = next++)
            work(i);
    };
    std::vector<std::jthread> others;
    const std::size_t wanted = std::min<std::size_t>(std::thread::hardware_concurrency(), count);
    others.reserve(wanted);
    try {
        while (others.size() + 1 < wanted)
            others.emplace_back(takeTurns);
    } catch (const std::system_error&) {
        // Those that there are do the work.
    }
    takeTurns();
}

}  // namespace engine
