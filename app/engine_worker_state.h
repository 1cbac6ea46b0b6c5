#pragma once

#include <QVector>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/engine_worker.h"
#include "app/spoken_message.h"
#include "app/transcription.h"
#include "engine/device.h"
#include "engine/message.h"
#include "engine/model.h"
#include "engine/result.h"
#include "engine/session.h"

namespace app {

// Belongs to the worker's thread.
struct EngineWorker::Engine {
    std::string deviceSelector;
    std::shared_ptr<engine::Device> device;
    std::shared_ptr<const engine::Model> model;
    std::optional<engine::Session> session;
    // Lengths of the session before a message, and before its answer.
    struct Exchange {
        std::uint32_t before = 0;
        std::uint32_t answer = 0;
    };
    std::vector<Exchange> exchanges;
    std::unordered_map<std::string, engine::ModelSize> sizes;
    std::unordered_map<int, engine::SoftTokens> media;
    std::optional<SpokenMessage> spoken;  // goes before the session
    std::uint32_t lengthBeforeListening = 0;
    bool isDeaf = false;                                    // hearing failed
    std::unordered_map<int, Transcription> transcriptions;  // under way

    engine::Result<std::vector<engine::Part>> partsOf(const QVector<int>& numbers) const
    {
        std::vector<engine::Part> parts;
        for (const int number : numbers) {
            const auto found = media.find(number);
            if (found == media.end())
                return engine::Error{
                    engine::ErrorCode::InvalidInput,
                    "A picture or sound of this message was encoded by another model; attach "
                    "it again"};
            parts.emplace_back(found->second);
        }
        return parts;
    }

    void endListening()
    {
        spoken.reset();
        isDeaf = false;
    }

    void closeModel()
    {
        transcriptions.clear();
        endListening();
        exchanges.clear();
        sizes.clear();
        media.clear();
        session.reset();
        model.reset();
    }

    // A lost device takes everything on it along; the next load opens it again.
    void noteFailure(const engine::Error& error)
    {
        if (error.code != engine::ErrorCode::DeviceLost)
            return;
        closeModel();
        device.reset();
    }
};

}  // namespace app
