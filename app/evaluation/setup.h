#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/evaluation/run.h"
#include "engine/model.h"
#include "engine/result.h"
#include "engine/session.h"

namespace app::evaluation {

// What a person asks to be evaluated.
struct Request {
    std::filesystem::path model{};     // what the model was loaded from; for the journal alone
    std::filesystem::path examples;    // may be empty if there is a text
    std::filesystem::path text{};      // UTF-8, for the perplexity; empty for none
    std::vector<std::string> sizes{};  // by name; empty for all
    std::uint32_t mostTokens = 256;    // of an answer
    std::filesystem::path journal{};   // begun, or gone on with; empty for none
    engine::SessionOptions session{};  // the context's length is not for these to say
};

// What the request names, as far as no model is needed to read it.
struct Material {
    std::vector<Example> examples;
    std::string text;
};

// Fails with InvalidInput as readExamples() does, or where the text cannot be read or is empty.
engine::Result<Material> readMaterial(const Request& request);

// Makes a run of it. With a journal every file is read whole, so that one that has changed is
// noticed. Fails as makeSubject(), Journal::open() and digestOf() do.
engine::Result<std::unique_ptr<Run>> prepare(const std::shared_ptr<const engine::Model>& model,
                                             const Request& request, Material material,
                                             const std::stop_token& stop);

}  // namespace app::evaluation
