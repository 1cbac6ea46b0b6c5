#include "engine/session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/check.h"
#include "engine/model.h"
#include "engine/model_state.h"
#include "engine/runner.h"
#include "engine/text/chat_template.h"
#include "engine/text/utf8_joiner.h"

namespace engine {

// The conversation is its ids. The first `fed` of them are in the cache; the last id is never fed
// before a reply is asked for, because feeding it is what draws the next one. So prefill needs no
// logits, and a reply is nothing but decode steps.
struct Session::State {
    std::shared_ptr<const Model> model;
    std::unique_ptr<Runner> runner;
    std::uint32_t capacity = 0;
    std::vector<TokenId> ids;
    std::uint32_t fed = 0;
    std::string system;  // put before the first user turn

    Result<const text::Tokenizer*> tokenizer() const;
    Result<void> checkOptions(const SamplingOptions& options) const;
    Result<void> extend(std::span<const TokenId> more);
    Result<void> add(std::span<const TokenId> more, const std::stop_token& stop);
    Result<void> feed(std::uint32_t end, const std::stop_token& stop);
    void forgetFrom(std::uint32_t length) noexcept;
    bool isEnd(TokenId id) const;
};

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

// Shortens the conversation. What the cache holds of later positions does no harm: it is never
// read, and the ring is checked before the next pass.
void Session::State::forgetFrom(std::uint32_t length) noexcept
{
    if (length >= ids.size())
        return;
    ids.resize(length);
    fed = std::min(fed, length);
}

// Feeds ids until `end` of them are in the cache. Where the cache no longer holds the window of the
// next position, because the conversation was shortened by more than the rings' slack, all is read
// again.
Result<void> Session::State::feed(std::uint32_t end, const std::stop_token& stop)
{
    if (!runner->cache().holdsWindowOf(fed)) {
        fed = 0;
        runner->cache().reset();
    }
    while (fed < end) {
        if (stop.stop_requested())
            return Error{ErrorCode::Cancelled, "Reading the prompt was stopped."};
        const std::uint32_t rows = std::min(runner->maxRows(), end - fed);
        ENGINE_TRY_VOID(runner->prefill(fed, std::span(ids).subspan(fed, rows)));
        fed += rows;
    }
    return {};
}

// Puts ids at the end of the conversation, unfed.
Result<void> Session::State::extend(std::span<const TokenId> more)
{
    const std::uint32_t vocabulary = model->state().config.vocabularySize;
    for (const TokenId id : more) {
        if (id >= vocabulary)
            return invalid("Token id " + std::to_string(id) + " is beyond the vocabulary of " +
                           std::to_string(vocabulary) + ".");
    }
    if (more.size() > capacity - ids.size())
        return Error{ErrorCode::ContextFull,
                     "The text needs " + std::to_string(more.size()) + " tokens, and only " +
                         std::to_string(capacity - ids.size()) + " of the context's " +
                         std::to_string(capacity) + " are left."};
    ids.insert(ids.end(), more.begin(), more.end());
    return {};
}

// The same, and feeds all but the last. If that fails the conversation is what it was.
Result<void> Session::State::add(std::span<const TokenId> more, const std::stop_token& stop)
{
    const auto before = static_cast<std::uint32_t>(ids.size());
    ENGINE_TRY_VOID(extend(more));
    if (ids.empty())
        return {};
    auto fedAll = feed(static_cast<std::uint32_t>(ids.size()) - 1, stop);
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
                                             std::min(options.prefillChunk, state->capacity)));
    state->model = std::move(model);
    return Session(std::move(state));
}

Session::Session(std::unique_ptr<State> state) noexcept : m_state(std::move(state)) {}

Session::Session(Session&&) noexcept = default;

Session& Session::operator=(Session&&) noexcept = default;

Session::~Session() = default;

Result<void> Session::append(const Message& message, const std::stop_token& stop)
{
    State& s = *m_state;
    ENGINE_TRY(const text::Tokenizer* tokenizer, s.tokenizer());
    if (message.role == Role::System) {
        if (!s.ids.empty())
            return invalid("Instructions to the model must come before the first message.");
        s.system = message.text;
        return {};
    }
    if (message.role == Role::Assistant) {
        if (s.ids.empty())
            return invalid("A conversation cannot begin with the model's answer.");
        return s.add(text::encodeModelTurn(*tokenizer, message.text), stop);
    }
    if (message.text.find_first_not_of(" \t\r\n\f\v") == std::string::npos)
        return invalid("The message is empty.");

    std::vector<TokenId> turn;
    if (s.ids.empty()) {
        turn.push_back(tokenizer->control().bos);
    } else {
        // Closes the model's turn; the end that it drew itself is there already.
        const auto end = text::encodeTurnEnd(*tokenizer);
        const bool isClosed = !end.empty() && s.ids.back() == end.front();
        turn.assign(end.begin() + (isClosed ? 1 : 0), end.end());
    }
    const auto user =
        text::encodeUserTurn(*tokenizer, s.ids.empty() ? s.system : std::string(), message.text);
    turn.insert(turn.end(), user.begin(), user.end());
    return s.add(turn, stop);
}

Result<void> Session::appendRaw(std::string_view text, const std::stop_token& stop)
{
    ENGINE_TRY(const text::Tokenizer* tokenizer, m_state->tokenizer());
    if (text.empty())
        return invalid("The prompt is empty.");
    std::vector<TokenId> ids;
    if (m_state->ids.empty())
        ids.push_back(tokenizer->control().bos);
    const auto encoded = tokenizer->encode(text);
    ids.insert(ids.end(), encoded.begin(), encoded.end());
    return m_state->add(ids, stop);
}

Result<void> Session::appendTokens(std::span<const TokenId> ids, const std::stop_token& stop)
{
    return m_state->add(ids, stop);
}

Result<Reply> Session::generate(const SamplingOptions& options, const TextSink& sink,
                                const std::stop_token& stop)
{
    State& s = *m_state;
    ENGINE_TRY_VOID(s.checkOptions(options));
    if (s.ids.empty())
        return invalid("There is nothing to answer yet.");

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

    const auto last = static_cast<std::uint32_t>(s.ids.size()) - 1;
    s.fed = std::min(s.fed, last);
    if (auto fed = s.feed(last, stop); !fed) {
        if (fed.error().code == ErrorCode::Cancelled)
            return finish(Finish::Stopped);
        return std::move(fed).error();
    }
    s.runner->setSeen(s.ids);
    while (true) {
        if (stop.stop_requested())
            return finish(Finish::Stopped);
        if (reply.tokens.size() >= options.maxTokens)
            return finish(Finish::TokenLimit);
        if (s.ids.size() >= s.capacity)
            return finish(Finish::ContextFull);
        const auto position = static_cast<std::uint32_t>(s.ids.size()) - 1;
        ENGINE_TRY(const auto drawn, s.runner->step(position, s.ids.back(),
                                                    {options, pickFor(options.seed, position)}));
        s.fed = position + 1;
        s.ids.push_back(drawn.token);
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
    if (chunk == 0 || chunk > s.runner->maxRows())
        return invalid("A chunk must have 1 to " + std::to_string(s.runner->maxRows()) + " rows.");
    const auto before = static_cast<std::uint32_t>(s.ids.size());
    const auto undo = [&s, before](Error error) {
        s.forgetFrom(before);
        return error;
    };
    ENGINE_TRY_VOID(s.feed(before, stop));
    ENGINE_TRY_VOID(s.extend(ids));
    for (std::uint32_t first = before; first < s.ids.size(); first += chunk) {
        if (stop.stop_requested())
            return undo({ErrorCode::Cancelled, "Computing logits was stopped."});
        const auto rows = std::min(chunk, static_cast<std::uint32_t>(s.ids.size()) - first);
        auto evaluation = s.runner->evaluate(
            first, std::span<const TokenId>(s.ids).subspan(first, rows), withStreams);
        if (!evaluation)
            return undo(std::move(evaluation).error());
        s.fed = first + rows;
        sink({first, rows, evaluation->logits, evaluation->streams});
    }
    return {};
}

std::uint32_t Session::length() const noexcept
{
    return static_cast<std::uint32_t>(m_state->ids.size());
}

std::uint32_t Session::capacity() const noexcept
{
    return m_state->capacity;
}

void Session::truncate(std::uint32_t length) noexcept
{
    m_state->forgetFrom(length);
}

const Counters& Session::counters() const noexcept
{
    return m_state->runner->counters();
}

std::uint64_t Session::deviceBytes() const noexcept
{
    return m_state->runner->deviceBytes();
}

}  // namespace engine
