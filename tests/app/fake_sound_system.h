#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/sound_system.h"

namespace tests {

// What a test holds of the microphone that it plays: it speaks into it, and pulls its plug.
struct FakeMicrophone {
    std::vector<app::InputDevice> inputs = {{"Fake", true, 1, 16000}};
    std::function<bool(const app::InputFormat&)> supports = [](const app::InputFormat&) {
        return true;
    };
    std::string refusal;  // if opening fails

    app::InputFormat format;  // of the stream that was opened last
    std::size_t openedInput = 0;
    std::atomic<app::SampleRing*> ring =
        nullptr;  // of the open stream, which may be read elsewhere
    std::atomic<bool> isRunning = false;

    // As the callback of a sound system does it. `samples` is [frames × channels].
    void speak(std::span<const float> samples) const
    {
        app::SampleRing& target = *ring.load();
        target.write(samples.data(), samples.size() / static_cast<std::size_t>(target.channels()));
    }
};

class FakeSoundSystem : public app::SoundSystem {
public:
    explicit FakeSoundSystem(std::shared_ptr<FakeMicrophone> microphone)
        : m_microphone(std::move(microphone))
    {
    }

    const std::vector<app::InputDevice>& inputs() const override { return m_microphone->inputs; }

    bool supports(std::size_t /*input*/, const app::InputFormat& format) const override
    {
        return m_microphone->supports(format);
    }

    engine::Result<std::unique_ptr<app::InputStream>>
    open(std::size_t input, const app::InputFormat& format, app::SampleRing& ring) override
    {
        if (!m_microphone->refusal.empty())
            return engine::Error{engine::ErrorCode::InvalidInput, m_microphone->refusal};
        m_microphone->format = format;
        m_microphone->openedInput = input;
        m_microphone->isRunning = true;
        m_microphone->ring = &ring;
        return std::unique_ptr<app::InputStream>(std::make_unique<Stream>(m_microphone));
    }

private:
    class Stream : public app::InputStream {
    public:
        explicit Stream(std::shared_ptr<FakeMicrophone> microphone)
            : m_microphone(std::move(microphone))
        {
        }
        Stream(const Stream&) = delete;
        Stream& operator=(const Stream&) = delete;
        ~Stream() override
        {
            m_microphone->ring = nullptr;
            m_microphone->isRunning = false;
        }

        bool isRunning() const override { return m_microphone->isRunning; }

    private:
        std::shared_ptr<FakeMicrophone> m_microphone;
    };

    std::shared_ptr<FakeMicrophone> m_microphone;
};

}  // namespace tests
