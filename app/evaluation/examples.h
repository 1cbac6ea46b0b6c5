#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/result.h"

namespace app::evaluation {

// A piece of what is asked: text, or the file of a picture or a sound.
struct ExamplePart {
    enum class Kind { Text, Picture, Sound };
    Kind kind = Kind::Text;
    std::string text{};            // of Kind::Text
    std::filesystem::path file{};  // of the others
};

struct ExampleTurn {
    std::vector<ExamplePart> parts;
    std::optional<std::string> expected{};
    bool isHistory = false;  // `expected` stands there as said; nothing is generated or scored
};

struct Example {
    std::string kind;  // examples of a kind are also counted by themselves; may be empty
    std::vector<ExampleTurn> turns;
};

// Reads examples, one JSON object a line:
//
//     {"prompt": "What is this?", "image": "cat.png", "answer": "A cat.", "kind": "animals",
//      "history": [{"prompt": "Answer briefly.", "answer": "I will."}]}
//
// All but `prompt` may be missing; it may be missing where there is a picture or a sound. `image`
// and `audio` are a file or a list of files, relative to the folder of the examples; they stand
// before the prompt, pictures first. `history` was said before, and is not scored. In its place and
// that of `prompt` there may be
//
//     "turns": [{"parts": [{"image": "cat.png"}, "What is this?"], "answer": "A cat."},
//               {"parts": ["What does it eat?"]}]
//
// where every turn is asked. After a turn with an answer the conversation goes on with that one,
// after others with what the model said. Empty lines are skipped, and keys that are not known.
//
// Fails with InvalidInput and a sentence that names the file, the line and what is wrong with it.
// Pictures and sounds must be there, but are not read.
engine::Result<std::vector<Example>> readExamples(const std::filesystem::path& path);

// All files that the examples name, each once, in the order of their names.
std::vector<std::filesystem::path> mediaOf(const std::vector<Example>& examples);

}  // namespace app::evaluation
