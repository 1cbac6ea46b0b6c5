#include "app/cli/loading.h"

#include <chrono>
#include <string>
#include <utility>

#include "app/cache_folder.h"
#include "app/cli/output.h"
#include "app/cli/progress_line.h"
#include "app/embedded_model.h"
#include "engine/device.h"
#include "engine/session.h"

namespace app::cli {
namespace {

using Clock = std::chrono::steady_clock;

class LoadLine {
public:
    void show(const engine::LoadProgress& progress)
    {
        const double seconds = std::chrono::duration<double>(Clock::now() - m_start).count();
        if (progress.bytesDone == 0)
            return;
        const auto done = static_cast<double>(progress.bytesDone);
        const auto total = static_cast<double>(progress.bytesTotal);
        m_line.show("Loading: " + bytesText(progress.bytesDone) + " of " +
                    bytesText(progress.bytesTotal) + ", " +
                    decimalText(seconds * (total - done) / done, 0) + " s left");
    }

private:
    Clock::time_point m_start = Clock::now();
    ProgressLine m_line;
};

}  // namespace

engine::ModelPaths modelPaths(const CommonOptions& options)
{
    return {options.model.empty() ? embeddedModelPath() : options.model, options.mmproj};
}

engine::Result<std::shared_ptr<const engine::Model>> loadModel(const CommonOptions& options,
                                                               const std::stop_token& stop)
{
    ENGINE_TRY(auto device, engine::Device::open(options.device, cacheFolder()));
    const std::string deviceName = device->info().name;
    const Clock::time_point start = Clock::now();
    LoadLine line;
    ENGINE_TRY(auto model,
               engine::Model::load(
                   std::move(device), modelPaths(options),
                   [&line](const engine::LoadProgress& progress) { line.show(progress); }, stop));
    if (options.isVerbose) {
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        note("Loaded " + model->info().name + " on " + deviceName + " in " +
             decimalText(seconds, 2) + " s.");
    }
    return model;
}

engine::Result<std::shared_ptr<const engine::VisionEncoder>>
loadVisionEncoder(const CommonOptions& options, const std::stop_token& stop)
{
    ENGINE_TRY(const auto path, engine::findEncoders(modelPaths(options)));
    ENGINE_TRY(auto device, engine::Device::open(options.device, cacheFolder()));
    LoadLine line;
    return engine::VisionEncoder::load(
        std::move(device), path,
        [&line](const engine::LoadProgress& progress) { line.show(progress); }, stop);
}

engine::Result<std::shared_ptr<const engine::AudioEncoder>>
loadAudioEncoder(const CommonOptions& options, const std::stop_token& stop)
{
    ENGINE_TRY(const auto path, engine::findEncoders(modelPaths(options)));
    ENGINE_TRY(auto device, engine::Device::open(options.device, cacheFolder()));
    LoadLine line;
    return engine::AudioEncoder::load(
        std::move(device), path,
        [&line](const engine::LoadProgress& progress) { line.show(progress); }, stop);
}

engine::SessionOptions sessionOptions(const CommonOptions& options)
{
    engine::SessionOptions session;
    if (options.isPlain) {
        session.kernels = engine::Kernels::Plain;
        session.cache = engine::CachePrecision::Single;
    }
    return session;
}

}  // namespace app::cli
