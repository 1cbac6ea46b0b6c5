#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/encoders.h"
#include "engine/model.h"
#include "tests/support/multimodal_cases.h"

namespace tests {

// Encodes the pictures and sounds of a folder, each once. Sounds are given 200 ms of silence, as
// the reference was.
class MediaCache {
public:
    MediaCache(std::shared_ptr<const engine::Model> model, std::filesystem::path folder);

    // Fails for what is not there, or what the model has no encoder for.
    engine::Result<engine::SoftTokens> operator()(const CasePart& part);

private:
    engine::Result<engine::SoftTokens> encode(const CasePart& part) const;

    std::shared_ptr<const engine::Model> m_model;
    std::filesystem::path m_folder;
    std::map<std::string, engine::SoftTokens> m_encoded;
};

}  // namespace tests
