#pragma once

#include <cstddef>
#include <functional>

namespace engine {

// Calls work(0) … work(count - 1), each once and in no order, on as many threads as there are
// processors, and returns when all are done. Where the system has no threads to give, this one does
// all of it. `work` must not throw.
void forEachInParallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace engine
