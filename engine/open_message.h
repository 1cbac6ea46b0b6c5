#pragma once

#include <memory>
#include <stop_token>

#include "engine/message.h"
#include "engine/result.h"
#include "engine/session.h"

namespace engine {

class AudioClip;

// A user's message that is put into a conversation piece by piece and read while it comes, so that
// after the end of speech only little is left to be read. What becomes of it is what
// Session::append() of the whole message makes.
//
//     ENGINE_TRY(OpenMessage message, session.begin());
//     ENGINE_TRY_VOID(message.add(picture));
//     while (…) {
//         ENGINE_TRY_VOID(clip.push(samples, stop));
//         ENGINE_TRY_VOID(message.hear(clip));
//         ENGINE_TRY_VOID(message.read(stop));
//     }
//     ENGINE_TRY(const SoftTokens sound, clip.finish(stop));
//     ENGINE_TRY_VOID(message.add(sound));
//     ENGINE_TRY_VOID(message.add("What was said?"));
//     ENGINE_TRY_VOID(message.finish(stop));
//
// A call that fails or is stopped takes nothing from the message: it may be called again, the
// message finished without it, or cancelled. Belongs to the thread of its session, which must
// outlive it; until it is over nothing else may be asked of the session but what it holds.
class OpenMessage {
public:
    OpenMessage(OpenMessage&&) noexcept;
    OpenMessage& operator=(OpenMessage&&) noexcept;  // cancels the one that it was
    ~OpenMessage();                                  // cancels

    // Puts text or an encoded picture or sound behind what is there; of a clip that was heard, the
    // rest, which ends it: nothing else may follow before. InvalidInput for media that the model
    // cannot take. Costs nothing yet.
    Result<void> add(const Part& part);

    // Puts the rows that have come of a clip behind what is there, without those of before. Its
    // first call, for which there need be no row, opens the sound. Then ContextFull if the whole
    // clip and the end of the turn would not fit; InvalidInput as add().
    Result<void> hear(const AudioClip& clip);

    // Reads into the cache what can no longer change: all but text at the end. ContextFull if it
    // does not fit, Cancelled within one chunk of prefill, or what the device says.
    Result<void> read(const std::stop_token& stop, const ReadProgress& progress = {});

    // Closes the turn and reads the rest: now the session can answer, and the message is over.
    // Fails as read() does, and with InvalidInput if the message is empty.
    Result<void> finish(const std::stop_token& stop, const ReadProgress& progress = {});

    // Gives the session back as it was before.
    void cancel() noexcept;

private:
    friend class Session;
    struct State;
    explicit OpenMessage(std::unique_ptr<State> state) noexcept;

    std::unique_ptr<State> m_state;  // null when the message is over
};

}  // namespace engine
