#include "engine/open_message.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/check.h"
#include "engine/encoders.h"
#include "engine/message_media.h"
#include "engine/model_state.h"
#include "engine/session_state.h"
#include "engine/soft_token_rows.h"
#include "engine/text/chat_template.h"

namespace engine {

struct OpenMessage::State {
    Session::State& session;
    std::uint32_t kept;  // length of the conversation that is left when this is destroyed
    text::UserTurn turn;
    const gpu::Arena* heard = nullptr;  // where the rows lie of the clip that is open
    bool isEmpty = true;

    State(Session::State& owner, text::UserTurn begun)
        : session(owner)
        , kept(owner.said.length())
        , turn(std::move(begun))
    {
        session.isMessageOpen = true;
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State()
    {
        session.forgetFrom(kept);
        session.isMessageOpen = false;
    }

    Result<void> checkRoomForClip(std::uint32_t rows) const;
    Result<void> say(const text::Transcript& soFar);
};

namespace {

Error invalid(std::string message)
{
    return {ErrorCode::InvalidInput, std::move(message)};
}

// What stands before a user's turn: the start of the conversation, or the end of the model's turn,
// of which the model itself draws the first id.
std::vector<TokenId> idsBefore(const text::Transcript& said, const text::Tokenizer& tokenizer)
{
    if (said.ids.empty())
        return {tokenizer.control().bos};
    auto end = text::encodeTurnEnd(tokenizer);
    if (!end.empty() && said.ids.back() == end.front())
        end.erase(end.begin());
    return end;
}

}  // namespace

// A clip takes as many rows however short it is. What it adds besides: its ends, and the newlines
// around it.
Result<void> OpenMessage::State::checkRoomForClip(std::uint32_t rows) const
{
    constexpr std::uint32_t kAround = 4;
    const std::uint32_t left = session.capacity - kept;
    const std::uint32_t used = turn.finished().length();
    if (used <= left && rows + kAround <= left - used)
        return {};
    return Error{ErrorCode::ContextFull,
                 "A clip of sound needs " + std::to_string(rows + kAround) + " tokens, and only " +
                     std::to_string(left - std::min(used, left)) + " of the context's " +
                     std::to_string(session.capacity) + " are left."};
}

// Has the conversation end in the turn so far. What was fed of it stays fed.
Result<void> OpenMessage::State::say(const text::Transcript& soFar)
{
    ENGINE_TRY_VOID(session.checkRoom(soFar, kept));
    session.said.truncate(kept);
    session.said.append(soFar);
    return {};
}

Result<OpenMessage> Session::begin()
{
    State& s = *m_state;
    ENGINE_CHECK(!s.isMessageOpen);
    ENGINE_TRY(const text::Tokenizer* tokenizer, s.tokenizer());
    const bool isFirst = s.said.ids.empty();
    text::UserTurn turn(*tokenizer, s.model->state().config.media,
                        isFirst ? s.system : std::string(), idsBefore(s.said, *tokenizer));
    return OpenMessage(std::make_unique<OpenMessage::State>(s, std::move(turn)));
}

OpenMessage::OpenMessage(std::unique_ptr<State> state) noexcept : m_state(std::move(state)) {}

OpenMessage::OpenMessage(OpenMessage&&) noexcept = default;
OpenMessage& OpenMessage::operator=(OpenMessage&&) noexcept = default;
OpenMessage::~OpenMessage() = default;

Result<void> OpenMessage::add(const Part& part)
{
    State& s = *m_state;
    if (const auto* text = std::get_if<std::string>(&part)) {
        ENGINE_CHECK(!s.turn.isMediaOpen());
        s.isEmpty = s.isEmpty && isBlank(*text);
        s.turn.addText(*text);
        return {};
    }
    const auto& tokens = std::get<SoftTokens>(part);
    ENGINE_TRY_VOID(checkMedia(tokens, s.session.model->state()));
    ENGINE_CHECK(tokens.count() > 0);
    ENGINE_CHECK(s.heard == nullptr || s.heard == tokens.rows().arena.get());
    s.turn.addMedia(tokens);
    s.heard = nullptr;
    s.isEmpty = false;
    return {};
}

Result<void> OpenMessage::hear(const AudioClip& clip)
{
    State& s = *m_state;
    const SoftTokens soFar = clip.rows();
    ENGINE_TRY_VOID(checkMedia(soFar, s.session.model->state()));
    if (s.heard == nullptr)
        ENGINE_TRY_VOID(s.checkRoomForClip(clip.rowsWhenFinished()));
    ENGINE_CHECK(s.heard == nullptr || s.heard == soFar.rows().arena.get());
    s.heard = soFar.rows().arena.get();
    s.turn.growMedia(soFar);
    return {};
}

Result<void> OpenMessage::read(const std::stop_token& stop, const ReadProgress& progress)
{
    State& s = *m_state;
    ENGINE_TRY_VOID(s.say(s.turn.settled()));
    return s.session.feed(s.session.said.length(), stop, progress);
}

Result<void> OpenMessage::finish(const std::stop_token& stop, const ReadProgress& progress)
{
    State& s = *m_state;
    if (s.isEmpty)
        return invalid("The message is empty.");
    ENGINE_TRY_VOID(s.say(s.turn.finished()));
    if (auto fed = s.session.feed(s.session.said.length() - 1, stop, progress); !fed) {
        s.session.forgetFrom(s.kept + s.turn.settled().length());
        return fed;
    }
    s.kept = s.session.said.length();
    m_state.reset();
    return {};
}

void OpenMessage::cancel() noexcept
{
    m_state.reset();
}

}  // namespace engine
