#include <dlfcn.h>

namespace {

// Part of every program that is built with sanitizers. The Vulkan loader unloads the driver before
// the leaks are counted; what the driver holds is then of no known library, and no suppression can
// name it. Opened like this the driver stays.
[[maybe_unused]] void* const kDriver = dlopen("libvulkan_lvp.so", RTLD_LAZY | RTLD_NODELETE);

}  // namespace
