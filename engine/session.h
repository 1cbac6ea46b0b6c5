#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "engine/message.h"
#include "engine/result.h"
#include "engine/size.h"

namespace engine {

class Model;
class OpenMessage;

// Receives text as it is generated, always whole UTF-8 characters, on the thread that called
// generate().
using TextSink = std::function<void(std::string_view)>;

// How much of a message has been read into the cache, after each chunk. Where a conversation was
// cut far back, what stands before the message is read again and counts.
using ReadProgress = std::function<void(std::uint32_t done, std::uint32_t total)>;

// Exact counts since the session was made; differences between two readings are what a call cost.
struct Counters {
    std::uint64_t dispatches = 0;
    std::uint64_t submissions = 0;
    std::uint64_t waits = 0;
    std::uint64_t commandsRecorded = 0;
    std::uint64_t weightBytesRead = 0;  // of neurons that a sparse gate cuts, only the gate
    // Of decoding: the matrices of the model as they are stored, each once, and a row of the
    // embeddings. Per-layer embeddings are read by the host and count neither here nor above.
    std::uint64_t leastWeightBytes = 0;
    std::uint64_t bytesReadBack = 0;
    std::uint64_t flops = 0;  // of matrix products and attention: 2 per multiply-add
    // What `flops` of prefill would be, had every layer run for every token.
    std::uint64_t allLayerFlops = 0;
    std::uint64_t tokensPrefilled = 0;
    std::uint64_t tokensDecoded = 0;
};

struct SessionOptions {
    std::uint32_t contextLength = 4096;  // tokens; cut to what the model was trained for
    std::uint32_t prefillChunk = 256;    // rows per prefill submission, 1 to 256
    Kernels kernels = Kernels::Fused;
    CachePrecision cache = CachePrecision::Half;
};

// What becomes of the cache when the size of the model changes.
enum class CacheAtSwitch {
    ReadAgain,  // the conversation is read again at the new size: exact
    Keep,       // the new size goes on with what the old one read: fast, and not the same
};

// What evaluate() hands over for each chunk, in order.
struct EvaluatedChunk {
    std::uint32_t firstPosition = 0;
    std::uint32_t rows = 0;
    std::span<const float> logits;   // [rows × vocabulary]
    std::span<const float> streams;  // [layers × streams × rows × hidden], if asked for
};
using EvaluationSink = std::function<void(const EvaluatedChunk&)>;

// One conversation: its tokens, the key/value cache, and the activations of one forward pass.
// Weights live in Model and are shared between sessions.
//
// A session belongs to one thread at a time. From other threads only the stop token may be used; it
// is read between submissions, so stopping takes at most one token or one prefill chunk.
class Session {
public:
    // Allocates all device memory that the session will ever use. Fails with OutOfMemory.
    static Result<Session> create(std::shared_ptr<const Model> model,
                                  const SessionOptions& options);

    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    // Puts a message in the conversation, with the markup of the chat template, and reads it into
    // the cache. A user message ends with the opening of the model's turn. If it fails or is
    // stopped (Cancelled), length() is what it was. ContextFull if it does not fit. InvalidInput if
    // it is empty, or holds pictures or sounds that the model cannot take.
    Result<void> append(const Message& message, const std::stop_token& stop,
                        const ReadProgress& progress = {});

    // Begins a user's message that is put into the conversation piece by piece, while sound is
    // heard. UnsupportedModel if the model's files hold no tokenizer. See open_message.h.
    Result<OpenMessage> begin();

    // The same for text without the template: only <bos> is put before the first.
    Result<void> appendRaw(std::string_view text, const std::stop_token& stop);

    // The same for ids, as they are. Ids beyond the vocabulary are InvalidInput.
    Result<void> appendTokens(std::span<const TokenId> ids, const std::stop_token& stop);

    // Generates one reply. Being stopped is a way to finish, not an error. After an error the
    // session is as it was after the last whole token.
    Result<Reply> generate(const SamplingOptions& options, const TextSink& sink,
                           const std::stop_token& stop);

    // Feeds `ids` through every layer and hands over the logits of every position, in chunks of
    // `chunk` rows (1 to 256). The tokens stay in the conversation.
    Result<void> evaluate(std::span<const TokenId> ids, std::uint32_t chunk, bool withStreams,
                          const EvaluationSink& sink, const std::stop_token& stop);

    // Goes on at another of the model's sizes; a session begins with the whole model. Moves no
    // weights and reads nothing yet: what has to be read again is read by catchUp(), or by the next
    // call that needs it. Sizes that differ only after the last layer with keys and values of its
    // own share the cache, and nothing is read again. Fails as Model::describeSize() does, and then
    // changes nothing, or where the device is lost.
    Result<void> setSize(const ModelSize& size, CacheAtSwitch cache);
    const ModelSize& size() const noexcept;

    // Reads what the cache lacks of the conversation, but for its last token. If it is stopped
    // (Cancelled), what was read stays.
    Result<void> catchUp(const std::stop_token& stop, const ReadProgress& progress = {});

    // Tokens in the cache that are not what the present size would have written, and on which its
    // next answer stands: 0 unless a switch kept the cache.
    std::uint32_t foreignTokens() const noexcept;

    // Ids of the conversation; each row of a picture or sound has that of its soft token.
    std::span<const TokenId> tokens() const noexcept;

    // How many these are, of at most capacity().
    std::uint32_t length() const noexcept;
    std::uint32_t capacity() const noexcept;

    // Forgets all tokens from `length` on, to edit or retry a turn: what follows is as if they had
    // never been said. A cut through a picture or sound takes it away whole. Free of cost near the
    // end; further back the next append reads the conversation again.
    void truncate(std::uint32_t length) noexcept;

    Counters counters() const;

    // Bytes of device memory held by this session.
    std::uint64_t deviceBytes() const noexcept;

    // For the engine's own use.
    struct State;

private:
    explicit Session(std::unique_ptr<State> state) noexcept;

    std::unique_ptr<State> m_state;
};

}  // namespace engine
