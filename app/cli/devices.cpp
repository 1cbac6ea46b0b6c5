#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "engine/device.h"

namespace app::cli {
namespace {

Json toJson(const engine::DeviceInfo& device)
{
    Json json{{"index", device.index},
              {"name", device.name},
              {"driver", device.driver},
              {"api_version", device.apiVersion},
              {"memory_bytes", device.memoryBytes},
              {"is_software", device.isSoftware},
              {"is_usable", device.isUsable}};
    if (!device.isUsable)
        json["why_not"] = device.whyNot;
    return json;
}

std::string toText(const engine::DeviceInfo& device)
{
    std::string text = std::to_string(device.index) + "  " + device.name + "\n   driver " +
                       device.driver + ", Vulkan " + device.apiVersion + ", " +
                       bytesText(device.memoryBytes);
    if (device.isSoftware)
        text += ", in software";
    text += "\n";
    if (!device.isUsable)
        text += "   not usable: " + device.whyNot + "\n";
    return text;
}

}  // namespace

engine::Result<void> runDevices(const DevicesOptions& options)
{
    const std::vector<engine::DeviceInfo> devices = engine::Device::list();
    Json list = Json::array();
    std::string text;
    for (const engine::DeviceInfo& device : devices) {
        list.push_back(toJson(device));
        text += toText(device);
    }
    print(options.asJson ? indented(list) : text);
    if (devices.empty()) {
        return engine::Error{engine::ErrorCode::DeviceUnavailable,
                             "This machine has no Vulkan device, or no driver for it."};
    }
    return {};
}

}  // namespace app::cli
