#include "app/engine_worker.h"

#include <QRandomGenerator>
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cache_folder.h"
#include "app/clip_encoding.h"
#include "app/conversion.h"
#include "app/engine_worker_state.h"
#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/model.h"
#include "engine/session.h"

namespace app {

namespace {

using Clock = std::chrono::steady_clock;

// Tokens of a conversation: the first that the device has memory for.
constexpr std::uint32_t kContextLengths[] = {8192, 4096, 2048, 1024};

engine::Result<engine::Session> makeSession(const std::shared_ptr<const engine::Model>& model)
{
    auto session = engine::Session::create(model, {.contextLength = kContextLengths[0]});
    for (std::size_t i = 1; i < std::size(kContextLengths); ++i) {
        if (session || session.error().code != engine::ErrorCode::OutOfMemory)
            break;
        session = engine::Session::create(model, {.contextLength = kContextLengths[i]});
    }
    return session;
}

engine::SamplingOptions samplingFor(const engine::ModelInfo& model)
{
    engine::SamplingOptions options;
    options.seed = QRandomGenerator::global()->generate64();
    options.maxTokens = 4096;
    if (model.isDemonstration)
        options.temperature = 0;  // it knows one good answer to each question
    return options;
}

// One for each percent that there is a size for, from small to large; none where there is but one.
std::vector<engine::SizeInfo> sizesBetween(const engine::Model& model)
{
    std::vector<engine::SizeInfo> sizes;
    const double smallest = model.sizes().smallestShare;
    for (int percent = 0; model.sizes().isNested && percent <= 100; ++percent) {
        const auto size = model.sizeOfFraction(std::max(percent / 100.0, smallest));
        if (size && (sizes.empty() || sizes.back().size.name != size->size.name))
            sizes.push_back(*size);
    }
    return sizes;
}

double perSecond(std::uint32_t tokens, Clock::duration time)
{
    const double seconds = std::chrono::duration<double>(time).count();
    return tokens > 1 && seconds > 0 ? (tokens - 1) / seconds : 0;
}

}  // namespace

EngineWorker::EngineWorker(const QString& device, QObject* parent)
    : Assistant(parent)
    , m_context(new QObject)
    , m_engine(std::make_unique<Engine>())
{
    m_engine->deviceSelector = toUtf8(device);
    m_thread.setObjectName("engine");
    m_context->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_context, &QObject::deleteLater);
    connect(this, &EngineWorker::posted, m_context,
            [](const std::function<void()>& work) { work(); });
    m_thread.start();
}

EngineWorker::~EngineWorker()
{
    m_answerStop.request_stop();
    if (m_load)
        m_load->stop.request_stop();
    for (auto& [number, stop] : m_mediaStops)
        stop.request_stop();
    for (auto& [number, stop] : m_transcriptionStops)
        stop.request_stop();
    m_thread.quit();
    m_thread.wait();
}

int EngineWorker::load(const ModelFiles& files, LoadMode mode)
{
    m_load = std::make_shared<LoadJob>();
    m_load->number = ++m_lastJob;
    m_load->files = files;
    m_load->mode = mode;
    post([this, job = m_load] { runLoad(*job); });
    return m_load->number;
}

bool EngineWorker::cancelLoad()
{
    LoadState expected = LoadState::Running;
    if (!m_load || !m_load->state.compare_exchange_strong(expected, LoadState::Cancelled))
        return false;
    m_load->stop.request_stop();
    return true;
}

int EngineWorker::ask(const QString& text, const QVector<int>& media)
{
    m_answerStop = std::stop_source();
    const int number = ++m_lastJob;
    post([this, number, text, media, stop = m_answerStop.get_token()] {
        runAsk(number, text, media, stop);
    });
    return number;
}

int EngineWorker::encodePicture(const QImage& image)
{
    return startEncoding([image](const engine::Model& model, const auto& progress,
                                 const auto& stop) -> engine::Result<engine::SoftTokens> {
        if (!model.vision())
            return engine::Error{engine::ErrorCode::InvalidInput, model.info().visionHint};
        return model.vision()->encode(toImage(image), 0, progress, stop);
    });
}

int EngineWorker::encodeSound(std::vector<float> samples)
{
    return startEncoding([samples = std::move(samples)](const engine::Model& model,
                                                        const auto& progress, const auto& stop) {
        return encodeClip(model, samples, progress, stop);
    });
}

int EngineWorker::startEncoding(Encode encode)
{
    const int number = ++m_lastJob;
    post([this, number, encode = std::move(encode), stop = m_mediaStops[number].get_token()] {
        runEncode(number, encode, stop);
    });
    return number;
}

void EngineWorker::forgetMedium(int number)
{
    const auto found = m_mediaStops.find(number);
    if (found == m_mediaStops.end())
        return;
    found->second.request_stop();
    m_mediaStops.erase(found);
    post([this, number] { m_engine->media.erase(number); });
}

int EngineWorker::listen(const QVector<int>& pictures)
{
    m_answerStop = std::stop_source();
    m_listenJob = ++m_lastJob;
    post([this, number = m_listenJob, pictures, stop = m_answerStop.get_token()] {
        runListen(number, pictures, stop);
    });
    return m_listenJob;
}

void EngineWorker::hear(const QVector<float>& samples, bool endsClip)
{
    post([this, number = m_listenJob, samples, endsClip, stop = m_answerStop.get_token()] {
        runHear(number, samples, endsClip, stop);
    });
}

void EngineWorker::answerHeard(const QString& text)
{
    post([this, number = m_listenJob, text, stop = m_answerStop.get_token()] {
        runAnswerHeard(number, text, stop);
    });
}

void EngineWorker::cancelListening()
{
    m_answerStop.request_stop();
    post([this] { m_engine->endListening(); });
}

void EngineWorker::stop()
{
    m_answerStop.request_stop();
}

void EngineWorker::newChat()
{
    post([this] {
        m_engine->endListening();
        m_engine->exchanges.clear();
        if (m_engine->session)
            m_engine->session->truncate(0);
    });
}

void EngineWorker::forgetLastExchange()
{
    post([this] {
        m_engine->endListening();
        if (!m_engine->session || m_engine->exchanges.empty())
            return;
        m_engine->session->truncate(m_engine->exchanges.back().before);
        m_engine->exchanges.pop_back();
    });
}

void EngineWorker::setSize(const QString& name, bool readsAgain)
{
    post([this, name = toUtf8(name), readsAgain] {
        const auto found = m_engine->sizes.find(name);
        // A message that is being heard is read at the size that it began at.
        if (!m_engine->session || m_engine->spoken || found == m_engine->sizes.end())
            return;
        const auto set =
            m_engine->session->setSize(found->second, readsAgain ? engine::CacheAtSwitch::ReadAgain
                                                                 : engine::CacheAtSwitch::Keep);
        if (!set)
            qWarning("%s", set.error().message.c_str());
    });
}

// Words that do not fit are left out: the next message says that the context is full.
void EngineWorker::replaceLastAnswer(const QString& text)
{
    post([this, text = toUtf8(text)] {
        if (!m_engine->session || m_engine->spoken || m_engine->exchanges.empty())
            return;
        m_engine->session->truncate(m_engine->exchanges.back().answer);
        const auto said = m_engine->session->append({engine::Role::Assistant, {text}}, {});
        if (!said)
            m_engine->noteFailure(said.error());
    });
}

void EngineWorker::useModel(
    const std::function<void(const std::shared_ptr<const engine::Model>& model)>& work)
{
    post([this, work] { work(m_engine->model); });
}

void EngineWorker::runLoad(LoadJob& job)
{
    const auto fail = [&](const Problem& problem) {
        LoadState expected = LoadState::Running;
        if (job.state.compare_exchange_strong(expected, LoadState::Committed))
            emit loadFailed(job.number, problem);
    };
    if (job.state == LoadState::Cancelled)
        return;
    if (job.mode == LoadMode::ReleaseCurrent)
        m_engine->closeModel();
    if (!m_engine->device) {
        auto device = engine::Device::open(m_engine->deviceSelector, cacheFolder());
        if (!device)
            return fail(engine::Device::list().empty() ? noDeviceProblem()
                                                       : toProblem(device.error()));
        m_engine->device = *std::move(device);
    }

    const auto progress = [&](const engine::LoadProgress& state) {
        if (job.state == LoadState::Running)
            emit loadProgressed(job.number, state.bytesDone, state.bytesTotal);
    };
    auto model =
        engine::Model::load(m_engine->device, {toPath(job.files.model), toPath(job.files.encoder)},
                            progress, job.stop.get_token());
    if (!model) {
        m_engine->noteFailure(model.error());
        return fail(toProblem(model.error()));
    }
    auto session = makeSession(*model);
    if (!session) {
        m_engine->noteFailure(session.error());
        return fail(toProblem(session.error()));
    }

    LoadState expected = LoadState::Running;
    if (!job.state.compare_exchange_strong(expected, LoadState::Committed))
        return;
    m_engine->closeModel();
    m_engine->model = *std::move(model);
    m_engine->session = *std::move(session);
    const std::vector<engine::SizeInfo> between = sizesBetween(*m_engine->model);
    for (const auto* list : {&m_engine->model->sizes().sizes, &between}) {
        for (const engine::SizeInfo& info : *list)
            m_engine->sizes.emplace(info.size.name, info.size);
    }
    const auto& audio = m_engine->model->audio();
    ModelSummary summary =
        toSummary(m_engine->model->info(), m_engine->device->info(), m_engine->session->capacity(),
                  audio ? audio->info().samplesPerClip : 0);
    summary.sizesBetween = toSummaries(between);
    emit loaded(job.number, summary);
}

void EngineWorker::runEncode(int number, const Encode& encode, const std::stop_token& stop)
{
    if (stop.stop_requested())
        return;
    const auto fail = [&](const engine::Error& error) {
        m_engine->noteFailure(error);
        if (!stop.stop_requested())
            emit mediumFailed(number, toProblem(error));
    };
    if (!m_engine->model)
        return fail({engine::ErrorCode::InvalidInput, "No model is open"});
    const auto progress = [&](double fraction) {
        if (!stop.stop_requested())
            emit mediumProgressed(number, fraction);
    };
    auto tokens = encode(*m_engine->model, progress, stop);
    if (!tokens)
        return fail(tokens.error());
    m_engine->media.emplace(number, *std::move(tokens));
    emit mediumEncoded(number);
}

void EngineWorker::runAsk(int number, const QString& text, const QVector<int>& media,
                          const std::stop_token& stop)
{
    if (!m_engine->session)
        return failAnswer(number, {engine::ErrorCode::InvalidInput, "No model is open"});
    m_engine->endListening();
    auto parts = m_engine->partsOf(media);
    if (!parts)
        return failAnswer(number, parts.error());
    if (!text.isEmpty())
        parts->emplace_back(toUtf8(text));
    engine::Session& session = *m_engine->session;
    const std::uint32_t before = session.length();
    const auto progress = [&](std::uint32_t done, std::uint32_t total) {
        emit messageProgressed(number, static_cast<double>(done) / total);
    };
    const auto read = session.append({engine::Role::User, *std::move(parts)}, stop, progress);
    if (!read)
        return failAnswer(number, read.error());
    m_engine->exchanges.push_back({before, session.length()});
    runAnswer(number, stop);
}

void EngineWorker::runListen(int number, const QVector<int>& pictures, const std::stop_token& stop)
{
    m_engine->endListening();
    if (!m_engine->session)
        return failAnswer(number, {engine::ErrorCode::InvalidInput, "No model is open"});
    const auto parts = m_engine->partsOf(pictures);
    if (!parts)
        return failAnswer(number, parts.error());
    m_engine->lengthBeforeListening = m_engine->session->length();
    auto spoken = SpokenMessage::begin(*m_engine->model, *m_engine->session, *parts, stop);
    if (!spoken && !stop.stop_requested())
        return failAnswer(number, spoken.error());
    if (spoken)
        m_engine->spoken = *std::move(spoken);
}

void EngineWorker::runHear(int number, const QVector<float>& samples, bool endsClip,
                           const std::stop_token& stop)
{
    if (!m_engine->spoken || m_engine->isDeaf || stop.stop_requested())
        return;
    const auto heard = m_engine->spoken->hear(samples, endsClip, stop);
    if (heard || stop.stop_requested())
        return;
    m_engine->isDeaf = true;
    emit hearingFailed(number, toProblem(heard.error()));
    m_engine->noteFailure(heard.error());
}

void EngineWorker::runAnswerHeard(int number, const QString& text, const std::stop_token& stop)
{
    if (stop.stop_requested())
        return;
    if (!m_engine->spoken)
        return failAnswer(number, {engine::ErrorCode::InvalidInput, "Nothing was heard"});
    const auto progress = [&](std::uint32_t done, std::uint32_t total) {
        emit messageProgressed(number, static_cast<double>(done) / total);
    };
    const auto read = m_engine->spoken->finish(toUtf8(text), stop, progress);
    m_engine->endListening();
    if (!read)
        return failAnswer(number, read.error());
    m_engine->exchanges.push_back({m_engine->lengthBeforeListening, m_engine->session->length()});
    runAnswer(number, stop);
}

void EngineWorker::failAnswer(int number, const engine::Error& error)
{
    m_engine->noteFailure(error);
    emit askFailed(number, toProblem(error));
}

// The message is in the conversation.
void EngineWorker::runAnswer(int number, const std::stop_token& stop)
{
    engine::Session& session = *m_engine->session;
    const std::uint32_t start = session.length();
    const bool isExact = session.foreignTokens() == 0;
    emit messageRead(number, {start, 0});

    std::optional<Clock::time_point> first;
    std::uint32_t firstLength = start;
    const auto now = [&] {
        const std::uint32_t tokens = session.length() - firstLength + 1;
        return AnswerProgress{session.length(),
                              first ? perSecond(tokens, Clock::now() - *first) : 0};
    };
    const auto sink = [&](std::string_view piece) {
        if (!first) {
            first = Clock::now();
            firstLength = session.length();
        }
        emit textArrived(number, toText(piece), now());
    };
    const auto reply = session.generate(samplingFor(m_engine->model->info()), sink, stop);
    if (!reply)
        return failAnswer(number, reply.error());
    const auto count = static_cast<std::uint32_t>(reply->tokens.size());
    emit answered(number, toAnswerEnd(reply->finish),
                  {session.length(), perSecond(count, reply->duration), count, isExact});
}

void EngineWorker::post(const std::function<void()>& work)
{
    emit posted(work, QPrivateSignal());
}

}  // namespace app
