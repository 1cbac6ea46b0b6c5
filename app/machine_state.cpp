#include "app/machine_state.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace app {

namespace {

namespace fs = std::filesystem;

// Files of sysfs hold one word or number.
std::string wordIn(const fs::path& path)
{
    std::ifstream file(path);
    std::string word;
    file >> word;
    return word;
}

std::optional<double> numberIn(const fs::path& path)
{
    std::ifstream file(path);
    double number = 0;
    if (file >> number && number >= 0)
        return number;
    return std::nullopt;
}

struct Battery {
    double now = 0;
    double full = 0;
};

// In the battery's own unit, energy or charge; a percentage where it counts neither.
std::optional<Battery> readBattery(const fs::path& folder)
{
    for (const char* const unit : {"energy", "charge"}) {
        const auto now = numberIn(folder / (std::string(unit) + "_now"));
        const auto full = numberIn(folder / (std::string(unit) + "_full"));
        if (now && full && *full > 0)
            return Battery{*now, *full};
    }
    if (const auto percent = numberIn(folder / "capacity"))
        return Battery{*percent, 100.0};
    return std::nullopt;
}

PowerState readPower(const fs::path& root)
{
    bool isDischarging = false;
    bool hasMains = false;
    Battery all;
    std::error_code error;
    for (fs::directory_iterator each(root, error), end; !error && each != end;
         each.increment(error)) {
        const fs::path folder = each->path();
        const std::string type = wordIn(folder / "type");
        if (type == "Mains" || type == "USB")
            hasMains = hasMains || wordIn(folder / "online") == "1";
        if (type != "Battery" || wordIn(folder / "scope") == "Device")
            continue;
        isDischarging = isDischarging || wordIn(folder / "status") == "Discharging";
        if (const auto battery = readBattery(folder)) {
            all.now += battery->now;
            all.full += battery->full;
        }
    }
    PowerState power;
    power.isOnBattery = isDischarging && !hasMains;
    if (all.full > 0)
        power.charge = std::clamp(all.now / all.full, 0.0, 1.0);
    return power;
}

std::optional<double> readMemoryLeft(const fs::path& path)
{
    std::ifstream file(path);
    double total = 0;
    std::optional<double> available;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        double kibibytes = 0;
        if (!(words >> name >> kibibytes))
            continue;
        if (name == "MemTotal:")
            total = kibibytes;
        else if (name == "MemAvailable:")
            available = kibibytes;
    }
    if (!available || total <= 0)
        return std::nullopt;
    return std::clamp(*available / total, 0.0, 1.0);
}

}  // namespace

MachineState readMachineState(const MachineFiles& files)
{
    return {readPower(files.powerSupplies), readMemoryLeft(files.memory)};
}

}  // namespace app
