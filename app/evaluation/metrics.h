#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace app::evaluation {

// How every answer is made ready to be compared, and what it is compared with: Unicode's composed
// form (NFC), without white space at the ends, each run of white space one blank. Capitals and
// punctuation count, as they do in the published word error rates. Bytes that are no UTF-8 are
// U+FFFD.
std::string normalised(std::string_view text);

// What it takes to make an answer of what was expected.
struct Edits {
    std::uint64_t edits = 0;   // insertions, deletions and replacements
    std::uint64_t length = 0;  // of what was expected

    Edits& operator+=(const Edits& other);
    // The error rate, which is above 1 where much too much was said; 0 if nothing was expected and
    // nothing said, and 1 if something was.
    double rate() const;
};

// The fewest edits (Levenshtein) of words, which blanks separate, and of characters, which are code
// points. Both texts are normalised first. Time grows as the product of their lengths.
Edits wordEdits(std::string_view answer, std::string_view expected);
Edits characterEdits(std::string_view answer, std::string_view expected);

// The same once normalised; and whether the one stands somewhere in the other. An empty text stands
// in none but an empty one.
bool isSame(std::string_view answer, std::string_view expected);
bool contains(std::string_view answer, std::string_view expected);

}  // namespace app::evaluation
