#pragma once

#include <QObject>
#include <QString>
#include <functional>
#include <memory>
#include <stop_token>

#include "app/assistant.h"
#include "app/evaluation/results.h"
#include "app/evaluation/setup.h"

namespace app {

// How far a comparison is.
struct ComparisonProgress {
    int done = 0;
    int total = 0;
    double secondsLeft = -1;  // below 0 until it can be told
};

// Compares sizes of the open model on the thread that has it, one step after the other, so that
// messages of the chat come in between. Lives on the window's thread; calls return at once. Must
// outlive that other thread.
class Comparison : public QObject {
    Q_OBJECT

public:
    using Model = std::shared_ptr<const engine::Model>;
    // Runs work with the open model, or without one, on the thread that may use it.
    using UseModel = std::function<void(const std::function<void(const Model& model)>& work)>;
    // As evaluation::prepare(), for a model that may be none; on that thread.
    using Prepare = std::function<engine::Result<std::unique_ptr<evaluation::Run>>(
        const Model& model, const evaluation::Request& request, const std::stop_token& stop)>;

    Comparison(UseModel useModel, Prepare prepare, QObject* parent = nullptr);
    ~Comparison() override;

    // Nothing may be under way.
    void start(const evaluation::Request& request);
    // ended() follows.
    void stop();
    bool isRunning() const { return m_isRunning; }

signals:
    // After each step, and once before the first.
    void progressed(const app::ComparisonProgress& progress);
    // What is there so far: at the end, and now and then before.
    void reported(const app::evaluation::Report& report);
    // All done, or stopped (Problem::Kind::Cancelled), or why not.
    void completed();
    void failed(const app::Problem& problem);
    void stepTaken(QPrivateSignal);

private:
    struct Work;

    void takeStep();

    UseModel m_useModel;
    Prepare m_prepare;
    std::shared_ptr<Work> m_work;  // touched on the other thread only
    std::stop_source m_stop;
    bool m_isRunning = false;
};

}  // namespace app
