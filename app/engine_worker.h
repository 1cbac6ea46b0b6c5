#pragma once

#include <QThread>
#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <unordered_map>

#include "app/assistant.h"
#include "engine/message.h"
#include "engine/result.h"

namespace engine {
class Model;
struct Error;
}  // namespace engine

namespace app {

// An Assistant that answers with the engine. Everything of the engine happens on one thread of its
// own, in the order of the calls; the calls themselves return at once.
//
// Destroying it stops what is under way and waits for the thread: at most one token, or one piece
// of a model file.
class EngineWorker : public Assistant {
    Q_OBJECT

public:
    // `device` selects one as engine::Device::open() does.
    explicit EngineWorker(const QString& device, QObject* parent = nullptr);
    ~EngineWorker() override;

    int load(const ModelFiles& files, LoadMode mode) override;
    bool cancelLoad() override;
    int ask(const QString& text, const QVector<int>& media) override;
    void setSize(const QString& name, bool readsAgain) override;
    void replaceLastAnswer(const QString& text) override;
    int encodePicture(const QImage& image) override;
    int encodeSound(std::vector<float> samples) override;
    void forgetMedium(int number) override;
    int listen(const QVector<int>& pictures) override;
    void hear(const QVector<float>& samples, bool endsClip) override;
    void answerHeard(const QString& text) override;
    void cancelListening() override;
    void stop() override;
    void newChat() override;
    void forgetLastExchange() override;
    int transcribe(const QString& path) override;
    void stopTranscription(int number) override;

    // Runs work on the engine's thread, after everything asked before, with the model that is open
    // then, or none.
    void
    useModel(const std::function<void(const std::shared_ptr<const engine::Model>& model)>& work);

signals:
    // Carries work to the worker's thread.
    void posted(const std::function<void()>& work, QPrivateSignal);

private:
    // Decides the race between a load that ends and a person who gives it up.
    enum class LoadState { Running, Cancelled, Committed };
    struct LoadJob {
        int number = 0;
        ModelFiles files;
        LoadMode mode = LoadMode::KeepCurrent;
        std::stop_source stop;
        std::atomic<LoadState> state = LoadState::Running;
    };
    struct Engine;
    // Makes soft tokens of a medium, with the open model.
    using Encode = std::function<engine::Result<engine::SoftTokens>(
        const engine::Model& model, const std::function<void(double)>& progress,
        const std::stop_token& stop)>;

    // On the worker's thread.
    void runLoad(LoadJob& job);
    void runEncode(int number, const Encode& encode, const std::stop_token& stop);
    void runAsk(int number, const QString& text, const QVector<int>& media,
                const std::stop_token& stop);
    void runListen(int number, const QVector<int>& pictures, const std::stop_token& stop);
    void runHear(int number, const QVector<float>& samples, bool endsClip,
                 const std::stop_token& stop);
    void runAnswerHeard(int number, const QString& text, const std::stop_token& stop);
    void runAnswer(int number, const std::stop_token& stop);
    void failAnswer(int number, const engine::Error& error);
    void beginTranscription(int number, const QString& path, const std::stop_token& stop);
    void goOnTranscribing(int number, const std::stop_token& stop);

    int startEncoding(Encode encode);
    void post(const std::function<void()>& work);

    QThread m_thread;
    QObject* m_context;  // lives on m_thread, which runs what is posted to it
    std::unique_ptr<Engine> m_engine;
    std::shared_ptr<LoadJob> m_load;
    std::stop_source m_answerStop;
    std::unordered_map<int, std::stop_source> m_mediaStops;          // of those not forgotten
    std::unordered_map<int, std::stop_source> m_transcriptionStops;  // of those not stopped
    int m_listenJob = 0;  // of the message that is heard, or was last
    int m_lastJob = 0;
};

}  // namespace app
