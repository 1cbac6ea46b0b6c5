#pragma once

namespace engine {

// Prints the broken condition and aborts. Never returns.
[[noreturn]] void checkFailed(const char* condition, const char* file, int line) noexcept;

}  // namespace engine

// A precondition that only our own mistake can break: a shape, an index, an order of calls. Checked
// in release builds too; never used for what a file, a device or a person does.
#define ENGINE_CHECK(condition)                                    \
    do {                                                           \
        if (!(condition))                                          \
            ::engine::checkFailed(#condition, __FILE__, __LINE__); \
    } while (false)
