#pragma once

#include <string>

#include "app/evaluation/run.h"

namespace app::evaluation {

// A report as it is kept or passed on. Shares and rates are of what was scored; where nothing was,
// or a text was not read, a cell is empty and a key is missing.

// An object: model, device, how much is done, a size each with its numbers and kinds, and every
// answer.
std::string toJson(const Run& run);

// A line for each size, and one for each size and kind.
std::string toCsv(const Report& report);

// A table of the sizes, and one for each kind of example.
std::string toMarkdown(const Report& report);

// The cells of a size as people read them, in the order of these headings.
std::vector<std::string> headings();
std::vector<std::string> cells(const SizeReport& size);

}  // namespace app::evaluation
