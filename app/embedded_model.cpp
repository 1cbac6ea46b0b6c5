#include "app/embedded_model.h"

#include <system_error>

namespace app {

namespace {

constexpr auto kModelFile = "nestling-demo-q8_0.gguf";

}  // namespace

std::filesystem::path embeddedModelPath()
{
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path folder =
        error ? std::filesystem::path("bin") : program.parent_path();
    return (folder / ".." / "share" / "nestling" / "models" / kModelFile).lexically_normal();
}

}  // namespace app
