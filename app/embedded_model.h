#pragma once

#include <filesystem>

namespace app {

// Where the small model that comes with the application lies: share/nestling/models, beside the
// bin folder that this program runs from, in a build tree as after installation. Whether the file
// is there and whole is for the engine to say.
std::filesystem::path embeddedModelPath();

// Where the examples lie on which its sizes can be compared: share/nestling/examples.
std::filesystem::path shippedExamplesPath();

}  // namespace app
