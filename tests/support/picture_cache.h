#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/encoders.h"
#include "engine/model.h"
#include "tests/support/multimodal_cases.h"

namespace tests {

// Encodes the pictures of a folder, each once.
class PictureCache {
public:
    PictureCache(std::shared_ptr<const engine::Model> model, std::filesystem::path folder);

    // Fails for sounds, and for pictures that are not there.
    engine::Result<engine::SoftTokens> operator()(const CasePart& part);

private:
    std::shared_ptr<const engine::Model> m_model;
    std::filesystem::path m_folder;
    std::map<std::string, engine::SoftTokens> m_pictures;
};

}  // namespace tests
