#pragma once

#include <filesystem>
#include <optional>

namespace app {

struct PowerState {
    bool isOnBattery = false;
    std::optional<double> charge{};  // of the batteries together, in [0, 1]; none without any
};

// What of this machine decides how much of a model should run.
struct MachineState {
    PowerState power{};
    // Memory that can be had without taking it from other programs, as a share of all, in [0, 1].
    std::optional<double> memoryLeft{};
};

// Where the kernel says it; tests have a place of their own.
struct MachineFiles {
    std::filesystem::path powerSupplies = "/sys/class/power_supply";
    std::filesystem::path memory = "/proc/meminfo";
};

// What cannot be read is left out: a machine that says nothing has mains and memory. Batteries of
// mice and headsets, and of an uninterruptible supply, do not count. Takes well under a
// millisecond.
MachineState readMachineState(const MachineFiles& files = {});

}  // namespace app
