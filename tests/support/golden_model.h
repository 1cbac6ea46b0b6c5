#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <QTemporaryDir>

#include "engine/device.h"
#include "engine/model.h"
#include "engine/session.h"
#include "engine/size.h"
#include "tests/support/golden_set.h"

namespace tests {

// Rows of one evaluation put together.
struct Evaluation {
    std::vector<float> logits;   // [T × vocabulary]
    std::vector<float> streams;  // [layers × streams × T × hidden], if asked for
};

// A golden set as a model on a device, loaded from a folder that exists as long as this does.
class GoldenModel {
public:
    static engine::Result<GoldenModel> load(std::shared_ptr<engine::Device> device,
                                            const std::filesystem::path& setFolder);

    // The same as a size nested in a larger model, in which every layer is as wide as the widest of
    // the set.
    static engine::Result<GoldenModel> loadNested(std::shared_ptr<engine::Device> device,
                                                  const std::filesystem::path& setFolder);

    const GoldenSet& set() const noexcept { return m_set; }
    const engine::Model& model() const noexcept { return *m_model; }

    // Unless told otherwise with keys and values in 32 bits, as the published answers are.
    engine::Result<engine::Session>
    startSession(std::uint32_t contextLength = 4096,
                 engine::Kernels kernels = engine::Kernels::Fused,
                 engine::CachePrecision cache = engine::CachePrecision::Single) const;

    // Feeds `ids` to `session` in chunks of `chunk` rows. Fails also where the chunks that it gets
    // back do not follow one another.
    engine::Result<Evaluation> evaluate(engine::Session& session,
                                        std::span<const std::uint32_t> ids, std::uint32_t chunk,
                                        bool withStreams = false) const;

private:
    engine::Result<void> loadFolder(std::shared_ptr<engine::Device> device);

    GoldenSet m_set;
    engine::ModelSize m_size;  // nested in the model; of no layers: the whole
    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<const engine::Model> m_model;
};

// The first usable device; null where there is none. With REQUIRE_VULKAN=1 in the environment that
// ends the program instead, so that a machine meant to have one cannot skip its tests.
std::shared_ptr<engine::Device> openDevice();

}  // namespace tests
