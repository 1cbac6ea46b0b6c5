#include "engine/session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "engine/base/check.h"
#include "engine/message_media.h"
#include "engine/model_state.h"
#include "engine/open_message.h"
#include "engine/session_state.h"
#include "engine/text/chat_template.h"
#include "engine/text/utf8_joiner.h"

namespace engine {
namespace {

using Clock = std::chrono::steady_clock;

// A number in [0, 1) that depends on the seed and the position alone, so that a reply can be drawn
// again: the finaliser of splitmix64.
float pickFor(std::uint64_t seed, std::uint32_t position)
{
    std::uint64_t x = seed + (position + std::uint64_t{1}) * 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    x ^= x >> 31;
    return static_cast<float>(x >> 40) * 0x1p-24F;
}

Error invalid(std::string message)
{
    return {ErrorCode::InvalidInput, std::move(message)};
}

}  // namespace

Result<const text::Tokenizer*> Session::State::tokenizer() const
{
    if (!model->state().tokenizer)
        return Error{ErrorCode::UnsupportedModel,
                     "The model's files hold no tokenizer, so it can read ids but no text."};
    return &*model->state().tokenizer;
}

Result<void> Session::State::checkOptions(const SamplingOptions& options) const
{
    if (!std::isfinite(options.temperature) || options.temperature < 0.0F)
        return invalid("The temperature must be 0 or more.");
    if (options.topK > SamplingOptions::kMaxTopK)
        return invalid("Top-k must be at most " + std::to_string(SamplingOptions::kMaxTopK) + ".");
    if (!(options.topP > 0.0F && options.topP <= 1.0F))
        return invalid("Top-p must be above 0 and at most 1.");
    if (!(options.minP >= 0.0F && options.minP <= 1.0F))
        return invalid("Min-p must be between 0 and 1.");
    if (!(options.repetitionPenalty > 0.0F) || !std::isfinite(options.repetitionPenalty))
        return invalid("The repetition penalty must be above 0.");
    return {};
}

bool Session::State::isEnd(TokenId id) const
{
    const auto& ends = model->state().config.endTokens;
    return std::find(ends.begin(), ends.end(), id) != ends.end();
}

void Session::State::forgetFrom(std::uint32_t length) noexcept
{
    said.truncate(length);
    cached.shrink(said.length());
}

Result<void> Session::State::feed(std::uint32_t end, const std::stop_token& stop,
                                  const ReadProgress& progress)
{
    if (!runner->cache().holdsWindowOf(cached.count())) {
        cached.shrink(0);
        runner->cache().reset();
    }
    const std::uint32_t start = cached.count();
    while (cached.count() < end) {
        if (stop.stop_requested())
            return Error{ErrorCode::Cancelled, "Reading the prompt was stopped."};
        const std::uint32_t first = cached.count();
        const std::uint32_t rows = std::min(runner->maxRows(), end - first);
        ENGINE_TRY_VOID(runner->prefill(first, std::span(said.ids).subspan(first, rows),
                                        mediaRows(said.media, first, rows)));
        cached.grow(first + rows, runner->slice());
        if (progress)
            progress(first + rows - start, end - start);
    }
    return {};
}

Result<void> Session::State::checkIds(std::span<const TokenId> ids) const
{
    const std::uint32_t vocabulary = model->state().config.vocabularySize;
    for (const TokenId id : ids) {
        if (id >= vocabulary)
            return invalid("Token id " + std::to_string(id) + " is beyond the vocabulary of " +
                           std::to_string(vocabulary) + ".");
    }
    return {};
}

Result<void> Session::State::checkRoom(const text::Transcript& more, std::uint32_t at) const
{
    const std::uint32_t left = capacity - at;
    if (more.length() <= left)
        return {};
    return Error{ErrorCode::ContextFull, needSentence(more) + ", and only " + std::to_string(left) +
                                             " of the context's " + std::to_string(capacity) +
                                             " are left."};
}

Result<void> Session::State::extend(const text::Transcript& more)
{
    ENGINE_TRY_VOID(checkRoom(more, said.length()));
    said.append(more);
    return {};
}

Result<void> Session::State::add(const text::Transcript& more, const std::stop_token& stop,
                                 const ReadProgress& progress)
{
    ENGINE_CHECK(!isMessageOpen);
    const std::uint32_t before = said.length();
    ENGINE_TRY_VOID(extend(more));
    if (said.ids.empty())
        return {};
    auto fedAll = feed(said.length() - 1, stop, progress);
    if (!fedAll)
        forgetFrom(before);
    return fedAll;
}

Result<Session> Session::create(std::shared_ptr<const Model> model, const SessionOptions& options)
{
    if (options.contextLength == 0)
        return invalid("The context must hold at least one token.");
    if (options.prefillChunk == 0 || options.prefillChunk > 256)
        return invalid("A chunk of prefill has 1 to 256 rows.");
    auto state = std::make_unique<State>();
    const Model::State& modelState = model->state();
    state->capacity = std::min(options.contextLength, modelState.config.contextLength);
    ENGINE_TRY(state->runner, Runner::create(modelState, state->capacity,
                                             std::min(options.prefillChunk, state->capacity),
                                             options.kernels, options.cache));
    state->size = modelState.info.sizes.sizes.front().size;
    state->model = std::move(model);
    return Session(std::move(state));
}

Session::Session(std::unique_ptr<State> state) noexcept : m_state(std::move(state)) {}

Session::Session(Session&&) noexcept = default;

Session& Session::operator=(Session&&) noexcept = default;

Session::~Session() = default;

Result<void> Session::append(const Message& message, const std::stop_token& stop,
                             const ReadProgress& progress)
{
    State& s = *m_state;
    ENGINE_TRY(const text::Tokenizer* tokenizer, s.tokenizer());
    const bool isFirst = s.said.ids.empty();
    if (message.role == Role::System) {
        if (!isFirst)
            return invalid("Instructions to the model must come before the first message.");
        ENGINE_TRY(s.system, textOnly(message));
        return {};
    }
    if (message.role == Role::Assistant) {
        if (isFirst)
            return invalid("A conversation cannot begin with the model's answer.");
        ENGINE_TRY(const std::string text, textOnly(message));
        return s.add({text::encodeModelTurn(*tokenizer, text), {}}, stop, progress);
    }
    ENGINE_TRY(OpenMessage open, begin());
    for (const Part& part : message.parts)
        ENGINE_TRY_VOID(open.add(part));
    return open.finish(stop, progress);
}

Result<void> Session::appendRaw(std::string_view text, const std::stop_token& stop)
{
    ENGINE_TRY(const text::Tokenizer* tokenizer, m_state->tokenizer());
    if (text.empty())
        return invalid("The prompt is empty.");
    text::Transcript more;
    if (m_state->said.ids.empty())
        more.ids.push_back(tokenizer->control().bos);
    more.append({tokenizer->encode(text), {}});
    return m_state->add(more, stop);
}

Result<void> Session::appendTokens(std::span<const TokenId> ids, const std::stop_token& stop)
{
    ENGINE_TRY_VOID(m_state->checkIds(ids));
    return m_state->add({{ids.begin(), ids.end()}, {}}, stop);
}

Result<Reply> Session::generate(const SamplingOptions& options, const TextSink& sink,
                                const std::stop_token& stop)
{
    State& s = *m_state;
    ENGINE_CHECK(!s.isMessageOpen);
    ENGINE_TRY_VOID(s.checkOptions(options));
    if (s.said.ids.empty())
        return invalid("There is nothing to answer yet.");
    if (s.said.endsInMedia())
        return invalid("The conversation ends in the middle of a message: say something first.");

    const auto start = Clock::now();
    Reply reply;
    text::Utf8Joiner joiner;
    const auto& tokenizer = s.model->state().tokenizer;
    const auto emit = [&reply, &sink](const std::string& text) {
        if (text.empty())
            return;
        reply.text += text;
        if (sink)
            sink(text);
    };
    const auto finish = [&](Finish how) {
        emit(joiner.finish());
        reply.finish = how;
        reply.duration = Clock::now() - start;
        return reply;
    };

    const std::uint32_t last = s.said.length() - 1;
    s.cached.shrink(last);
    if (auto fed = s.feed(last, stop); !fed) {
        if (fed.error().code == ErrorCode::Cancelled)
            return finish(Finish::Stopped);
        return std::move(fed).error();
    }
    s.runner->setSeen(s.said.ids);
    while (true) {
        if (stop.stop_requested())
            return finish(Finish::Stopped);
        if (reply.tokens.size() >= options.maxTokens)
            return finish(Finish::TokenLimit);
        if (s.said.length() >= s.capacity)
            return finish(Finish::ContextFull);
        const std::uint32_t position = s.said.length() - 1;
        ENGINE_TRY(const auto drawn, s.runner->step(position, s.said.ids.back(),
                                                    {options, pickFor(options.seed, position)}));
        s.cached.grow(position + 1, s.runner->slice());
        s.said.ids.push_back(drawn.token);
        s.runner->addSeen(drawn.token);
        if (reply.timeToFirstToken.count() == 0)
            reply.timeToFirstToken = Clock::now() - start;
        if (s.isEnd(drawn.token))
            return finish(Finish::EndOfTurn);
        reply.tokens.push_back(drawn.token);
        if (tokenizer)
            emit(joiner.push(tokenizer->bytes(drawn.token)));
    }
}

Result<void> Session::evaluate(std::span<const TokenId> ids, std::uint32_t chunk, bool withStreams,
                               const EvaluationSink& sink, const std::stop_token& stop)
{
    State& s = *m_state;
    ENGINE_CHECK(!s.isMessageOpen);
    if (chunk == 0 || chunk > s.runner->maxRows())
        return invalid("A chunk must have 1 to " + std::to_string(s.runner->maxRows()) + " rows.");
    const std::uint32_t before = s.said.length();
    const auto undo = [&s, before](Error error) {
        s.forgetFrom(before);
        return error;
    };
    ENGINE_TRY_VOID(s.checkIds(ids));
    ENGINE_TRY_VOID(s.feed(before, stop));
    ENGINE_TRY_VOID(s.extend({{ids.begin(), ids.end()}, {}}));
    for (std::uint32_t first = before; first < s.said.length(); first += chunk) {
        if (stop.stop_requested())
            return undo({ErrorCode::Cancelled, "Computing logits was stopped."});
        const std::uint32_t rows = std::min(chunk, s.said.length() - first);
        auto evaluation = s.runner->evaluate(
            first, std::span<const TokenId>(s.said.ids).subspan(first, rows), withStreams);
        if (!evaluation)
            return undo(std::move(evaluation).error());
        s.cached.grow(first + rows, s.runner->slice());
        sink({first, rows, evaluation->logits, evaluation->streams});
    }
    return {};
}

Result<void> Session::setSize(const ModelSize& size, CacheAtSwitch cache)
{
    State& s = *m_state;
    ENGINE_CHECK(!s.isMessageOpen);
    const Model::State& model = s.model->state();
    ENGINE_TRY(decoder::Slice slice, model.sizes->slicer().slice(size));
    if (cache == CacheAtSwitch::ReadAgain)
        s.cached.shrink(s.cached.exactFor(slice, model.config));
    s.size = size;
    if (slice != s.runner->slice())
        return s.runner->setSlice(std::move(slice));
    return {};
}

const ModelSize& Session::size() const noexcept
{
    return m_state->size;
}

Result<void> Session::catchUp(const std::stop_token& stop, const ReadProgress& progress)
{
    if (m_state->said.ids.empty())
        return {};
    return m_state->feed(m_state->said.length() - 1, stop, progress);
}

std::uint32_t Session::foreignTokens() const noexcept
{
    const State& s = *m_state;
    return s.cached.count() - s.cached.exactFor(s.runner->slice(), s.model->state().config);
}

std::span<const TokenId> Session::tokens() const noexcept
{
    return m_state->said.ids;
}

std::uint32_t Session::length() const noexcept
{
    return m_state->said.length();
}

std::uint32_t Session::capacity() const noexcept
{
    return m_state->capacity;
}

void Session::truncate(std::uint32_t length) noexcept
{
    ENGINE_CHECK(!m_state->isMessageOpen);
    m_state->forgetFrom(length);
}

Counters Session::counters() const
{
    return m_state->runner->counters();
}

std::uint64_t Session::deviceBytes() const noexcept
{
    return m_state->runner->deviceBytes();
}

}  // namespace engine
