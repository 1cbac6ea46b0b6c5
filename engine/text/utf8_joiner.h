#pragma once

#include <string>
#include <string_view>

namespace engine::text {

// Joins the bytes of tokens to whole UTF-8 characters: what is complete is handed on, the rest
// waits.
class Utf8Joiner {
public:
    // Adds bytes; returns what is complete now. Bytes that can never become a character are
    // replaced by U+FFFD, one for each maximal ill-formed part (Unicode 15, §3.9).
    std::string push(std::string_view bytes);

    // The end: an incomplete character becomes U+FFFD.
    std::string finish();

private:
    std::string m_waiting;
};

// `text` with every ill-formed part replaced by U+FFFD.
std::string toValidUtf8(std::string_view text);

}  // namespace engine::text
