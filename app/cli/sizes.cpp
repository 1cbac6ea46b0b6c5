#include "app/cli/sizes.h"

#include <filesystem>
#include <system_error>

namespace app::cli {
namespace {

engine::Result<engine::SizeInfo> findSize(const engine::Model& model, const std::string& size)
{
    const std::size_t mark = size.find('#');
    const std::filesystem::path path = size.substr(0, mark);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored))
        return model.readSize(path, mark == std::string::npos ? "" : size.substr(mark + 1));
    return model.findSize(size);
}

}  // namespace

engine::Result<void> setSize(engine::Session& session, const engine::Model& model,
                             const std::string& size)
{
    if (size.empty())
        return {};
    ENGINE_TRY(const engine::SizeInfo info, findSize(model, size));
    return session.setSize(info.size, engine::CacheAtSwitch::ReadAgain);
}

}  // namespace app::cli
