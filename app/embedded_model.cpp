#include "app/embedded_model.h"

#include <system_error>

namespace app {

namespace {

constexpr auto kModelFile = "nestling-demo-q8_0.gguf";

std::filesystem::path sharedFolder()
{
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path folder =
        error ? std::filesystem::path("bin") : program.parent_path();
    return (folder / ".." / "share" / "nestling").lexically_normal();
}

}  // namespace

std::filesystem::path embeddedModelPath()
{
    return sharedFolder() / "models" / kModelFile;
}

std::filesystem::path shippedExamplesPath()
{
    return sharedFolder() / "examples" / "examples.jsonl";
}

}  // namespace app
