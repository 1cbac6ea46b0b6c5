#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

#include "app/evaluation/examples.h"
#include "engine/message.h"
#include "engine/result.h"

namespace engine {
class Model;
}

namespace app::evaluation {

// Encodes the pictures and sounds of examples. The last few stay on the device: an example is asked
// at every size, and neighbours often share a picture. Sounds are followed by 200 ms of silence, so
// that their last phoneme is heard.
class Media {
public:
    explicit Media(std::shared_ptr<const engine::Model> model) : m_model(std::move(model)) {}

    struct Message {
        std::vector<engine::Part> parts;
        double seconds = 0;  // that encoding takes, now or when it was done
    };

    // InvalidInput where a file cannot be read or the model has no encoder for it, in a sentence
    // that says which file would help; or as encoding fails.
    engine::Result<Message> encode(const ExampleTurn& turn, const std::stop_token& stop);

private:
    struct Encoded {
        std::filesystem::path file;
        engine::SoftTokens tokens;
        double seconds = 0;
    };

    engine::Result<Encoded> find(const ExamplePart& part, const std::stop_token& stop);
    engine::Result<engine::SoftTokens> encodePicture(const std::filesystem::path& file,
                                                     const std::stop_token& stop) const;
    engine::Result<engine::SoftTokens> encodeSound(const std::filesystem::path& file,
                                                   const std::stop_token& stop) const;

    std::shared_ptr<const engine::Model> m_model;
    std::deque<Encoded> m_encoded;  // the last used first
};

}  // namespace app::evaluation
