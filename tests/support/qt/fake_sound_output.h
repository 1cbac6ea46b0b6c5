#pragma once

#include <QSemaphore>
#include <QVector>
#include <atomic>
#include <mutex>
#include <utility>

#include "app/sound_output.h"

namespace tests {

// A loudspeaker whose time goes on when the test says so. What it hears is kept outside of it, as
// its player owns it.
class FakeSoundOutput : public app::SoundOutput {
public:
    struct Log {
        QSemaphore room;  // writes that may still return
        std::mutex mutex;
        QVector<qint16> heard;  // since it was opened
        std::atomic<int> openings = 0;
        std::atomic<int> finishes = 0;  // heard to the end
        std::atomic<int> aborts = 0;
        std::atomic<bool> hasDevice = true;

        QVector<qint16> samples()
        {
            const std::lock_guard lock(mutex);
            return heard;
        }
    };

    explicit FakeSoundOutput(std::shared_ptr<Log> log = std::make_shared<Log>())
        : m_log(std::move(log))
    {
    }

    engine::Result<void> open() override
    {
        if (!m_log->hasDevice)
            return gone();
        const std::lock_guard lock(m_log->mutex);
        m_log->heard.clear();
        ++m_log->openings;
        return {};
    }

    engine::Result<void> write(std::span<const qint16> samples) override
    {
        m_log->room.acquire();
        if (!m_log->hasDevice)
            return gone();
        const std::lock_guard lock(m_log->mutex);
        for (const qint16 sample : samples)
            m_log->heard << sample;
        return {};
    }

    double delaySeconds() const override { return 0; }
    void finish() override { ++m_log->finishes; }
    void abort() override { ++m_log->aborts; }

private:
    static engine::Error gone()
    {
        return {engine::ErrorCode::InvalidInput, "The loudspeaker is gone. Connect it again."};
    }

    std::shared_ptr<Log> m_log;
};

}  // namespace tests
