#pragma once

#include <string>
#include <utility>
#include <variant>

namespace engine {

// What a failure means to the person: it decides what the window offers and the exit code of the
// command line. The message says which file, tensor or device it was.
enum class ErrorCode {
    InvalidFile,        // damaged, truncated, lying about itself, or not readable
    UnsupportedModel,   // well formed, but not a model that this engine runs
    InvalidInput,       // a prompt, an option or a size that cannot be used
    ContextFull,        // the conversation holds as many tokens as the session can
    OutOfMemory,        // the device (or the host) refuses the memory
    DeviceUnavailable,  // no such device, or it lacks something that the engine needs
    DeviceLost,         // the driver gave up; the model must be loaded again
    Cancelled,          // stopped on request, before there was anything to return
};

struct Error {
    ErrorCode code;
    std::string message;  // one English sentence, without a final newline
};

// The value of a call that can fail for reasons outside the program: a bad file, a full device, a
// lost driver. Broken preconditions are not errors: see ENGINE_CHECK.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const noexcept { return m_state.index() == 0; }

    T& operator*() & { return std::get<0>(m_state); }
    const T& operator*() const& { return std::get<0>(m_state); }
    T&& operator*() && { return std::get<0>(std::move(m_state)); }
    T* operator->() { return &std::get<0>(m_state); }
    const T* operator->() const { return &std::get<0>(m_state); }

    const Error& error() const& { return std::get<1>(m_state); }
    Error&& error() && { return std::get<1>(std::move(m_state)); }

private:
    std::variant<T, Error> m_state;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : m_error(std::move(error)), m_failed(true) {}

    explicit operator bool() const noexcept { return !m_failed; }
    const Error& error() const& { return m_error; }
    Error&& error() && { return std::move(m_error); }

private:
    Error m_error{ErrorCode::InvalidInput, {}};
    bool m_failed = false;
};

}  // namespace engine

#define ENGINE_CONCAT_INNER(a, b) a##b
#define ENGINE_CONCAT(a, b) ENGINE_CONCAT_INNER(a, b)

// ENGINE_TRY(auto file, MappedFile::open(path)): declares `file`, or returns the error.
#define ENGINE_TRY(declaration, expression) \
    ENGINE_TRY_INNER(ENGINE_CONCAT(engineResult, __LINE__), declaration, expression)
#define ENGINE_TRY_INNER(result, declaration, expression) \
    auto result = (expression);                           \
    if (!result)                                          \
        return std::move(result).error();                 \
    declaration = *std::move(result)

// ENGINE_TRY_VOID(session.append(message, stop)): goes on, or returns the error.
#define ENGINE_TRY_VOID(expression)                                \
    if (auto ENGINE_CONCAT(engineResult, __LINE__) = (expression); \
        !ENGINE_CONCAT(engineResult, __LINE__))                    \
    return std::move(ENGINE_CONCAT(engineResult, __LINE__)).error()
