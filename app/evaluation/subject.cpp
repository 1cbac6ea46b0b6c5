#include "app/evaluation/subject.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "app/evaluation/media.h"
#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/model.h"
#include "engine/session.h"

namespace app::evaluation {
namespace {

using engine::Error;
using engine::ErrorCode;
using engine::Result;
using engine::TokenId;

constexpr std::uint32_t kContext = 4096;      // tokens of an example, with its answers
constexpr std::size_t kWindow = 512;          // tokens of a text that are read together
constexpr std::size_t kLogitBytes = 1 << 25;  // of logits at a time

double secondsOf(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>(time).count();
}

// log(exp(logits[id]) / Σ exp(logits)), in double.
double logProbability(std::span<const float> logits, TokenId id)
{
    const double most = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(logit - most);
    return logits[id] - most - std::log(sum);
}

// What the example is to blame for; all else ends the evaluation.
bool isOfTheExample(ErrorCode code)
{
    return code == ErrorCode::InvalidInput || code == ErrorCode::InvalidFile ||
           code == ErrorCode::ContextFull || code == ErrorCode::UnsupportedModel;
}

std::string trimmed(const std::string& text)
{
    constexpr const char* kSpace = " \t\r\n\f\v";
    const std::size_t first = text.find_first_not_of(kSpace);
    return first == std::string::npos
               ? std::string()
               : text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

class ModelSubject final : public Subject {
public:
    ModelSubject(std::shared_ptr<const engine::Model> model, engine::Session session,
                 std::vector<engine::SizeInfo> sizes, const SubjectOptions& options)
        : m_model(std::move(model))
        , m_session(std::move(session))
        , m_media(m_model)
        , m_device(m_model->device().info().name)
        , m_mostTokens(options.mostTokens)
    {
        if (options.session.kernels == engine::Kernels::Plain)
            m_device += ", plain kernels";
        const engine::ModelInfo& info = m_model->info();
        std::uint64_t memory = info.deviceWeightBytes + m_session.deviceBytes();
        if (m_model->vision())
            memory += m_model->vision()->info().deviceWeightBytes;
        if (m_model->audio())
            memory += m_model->audio()->info().deviceWeightBytes;
        for (engine::SizeInfo& size : sizes) {
            m_facts.push_back({size.size.name, size.parameters, size.weightBytes, memory});
            m_sizes.push_back(std::move(size.size));
        }
    }

    std::string model() const override { return m_model->info().name; }
    std::string device() const override { return m_device; }
    const std::vector<SizeFacts>& sizes() const override { return m_facts; }

    Result<ExampleResult> answer(const Example& example, std::size_t size,
                                 const std::stop_token& stop) override
    {
        auto result = answerTurns(example, size, stop);
        if (!result && isOfTheExample(result.error().code))
            return ExampleResult{{}, result.error().message};
        return result;
    }

    Result<Likelihood> read(std::span<const TokenId> window, std::size_t size,
                            const std::stop_token& stop) override
    {
        ENGINE_TRY_VOID(begin(size));
        if (!m_beginning) {
            ENGINE_TRY_VOID(m_session.appendRaw(".", stop));
            m_beginning = m_session.tokens().front();
            m_session.truncate(0);
        }
        return likelihoodOf(*m_beginning, window, stop);
    }

private:
    // An empty conversation at a size.
    Result<void> begin(std::size_t size)
    {
        m_session.truncate(0);
        return m_session.setSize(m_sizes[size], engine::CacheAtSwitch::ReadAgain);
    }

    Result<ExampleResult> answerTurns(const Example& example, std::size_t size,
                                      const std::stop_token& stop)
    {
        ENGINE_TRY_VOID(begin(size));
        ExampleResult result;
        for (const ExampleTurn& turn : example.turns) {
            ENGINE_TRY(auto media, m_media.encode(turn, stop));
            const auto start = std::chrono::steady_clock::now();
            ENGINE_TRY_VOID(m_session.append({engine::Role::User, std::move(media.parts)}, stop));
            if (turn.isHistory) {
                ENGINE_TRY_VOID(
                    m_session.append({engine::Role::Assistant, {*turn.expected}}, stop));
                continue;
            }
            const auto reading = std::chrono::steady_clock::now() - start;
            ENGINE_TRY(auto next, answerTurn(turn, stop));
            next.firstTokenSeconds += media.seconds + secondsOf(reading);
            result.turns.push_back(std::move(next));
        }
        return result;
    }

    // The conversation ends with the question; after it, with the answer that it goes on with.
    Result<TurnResult> answerTurn(const ExampleTurn& turn, const std::stop_token& stop)
    {
        const std::uint32_t asked = m_session.length();
        const TokenId last = m_session.tokens().back();
        engine::SamplingOptions greedy;
        greedy.temperature = 0;
        greedy.maxTokens = m_mostTokens;
        ENGINE_TRY(const engine::Reply reply, m_session.generate(greedy, {}, stop));
        if (reply.finish == engine::Finish::Stopped)
            return Error{ErrorCode::Cancelled, "The evaluation was stopped."};
        TurnResult result{reply.text, reply.tokens.size(),
                          secondsOf(reply.duration - reply.timeToFirstToken),
                          secondsOf(reply.timeToFirstToken), std::nullopt};
        if (!turn.expected)
            return result;
        ENGINE_TRY(const auto ids, m_model->tokenize(trimmed(*turn.expected)));
        m_session.truncate(asked);
        if (ids.empty())
            return result;
        m_session.truncate(asked - 1);
        ENGINE_TRY(result.ofExpected, likelihoodOf(last, ids, stop));
        ENGINE_TRY_VOID(m_session.appendTokens(std::span(ids).last(1), stop));
        return result;
    }

    // Of `ids` after the conversation and `first`, which is put there with all but the last.
    Result<Likelihood> likelihoodOf(TokenId first, std::span<const TokenId> ids,
                                    const std::stop_token& stop)
    {
        std::vector<TokenId> fed{first};
        fed.insert(fed.end(), ids.begin(), ids.end() - 1);
        const std::uint32_t begin = m_session.length();
        const std::size_t rowBytes = m_model->info().vocabularySize * sizeof(float);
        const auto rows = std::clamp<std::size_t>(kLogitBytes / std::max<std::size_t>(rowBytes, 1),
                                                  1, std::min<std::size_t>(fed.size(), 256));
        Likelihood likelihood;
        ENGINE_TRY_VOID(m_session.evaluate(
            fed, static_cast<std::uint32_t>(rows), false,
            [&](const engine::EvaluatedChunk& chunk) {
                const std::size_t width = chunk.logits.size() / chunk.rows;
                for (std::uint32_t row = 0; row < chunk.rows; ++row) {
                    const TokenId id = ids[chunk.firstPosition - begin + row];
                    likelihood += {logProbability(chunk.logits.subspan(row * width, width), id), 1};
                }
            },
            stop));
        return likelihood;
    }

    std::shared_ptr<const engine::Model> m_model;
    engine::Session m_session;
    Media m_media;
    std::vector<engine::ModelSize> m_sizes;
    std::vector<SizeFacts> m_facts;
    std::string m_device;
    std::uint32_t m_mostTokens;
    std::optional<TokenId> m_beginning;
};

Result<std::vector<engine::SizeInfo>> chosenSizes(const engine::Model& model,
                                                  const std::vector<std::string>& names)
{
    std::vector<engine::SizeInfo> sizes;
    if (names.empty()) {
        for (const engine::SizeInfo& size : model.sizes().sizes) {
            if (size.refusal.empty())
                sizes.push_back(size);
        }
    }
    for (const std::string& name : names) {
        ENGINE_TRY(auto size, model.findSize(name));
        const bool isThere = std::any_of(sizes.begin(), sizes.end(), [&](const auto& other) {
            return other.size.name == size.size.name;
        });
        if (!isThere)
            sizes.push_back(std::move(size));
    }
    if (sizes.empty())
        return Error{ErrorCode::InvalidInput, "The model offers no size that can be evaluated."};
    return sizes;
}

}  // namespace

Result<std::unique_ptr<Subject>> makeSubject(std::shared_ptr<const engine::Model> model,
                                             const SubjectOptions& options)
{
    ENGINE_TRY(auto sizes, chosenSizes(*model, options.sizes));
    engine::SessionOptions withContext = options.session;
    withContext.contextLength = kContext;
    ENGINE_TRY(auto session, engine::Session::create(model, withContext));
    return std::unique_ptr<Subject>(std::make_unique<ModelSubject>(
        std::move(model), std::move(session), std::move(sizes), options));
}

Result<std::vector<std::vector<TokenId>>> windowsOf(const engine::Model& model,
                                                    std::string_view text)
{
    ENGINE_TRY(const auto ids, model.tokenize(text));
    const std::size_t size = std::min<std::size_t>(kWindow, model.info().contextLength - 1);
    std::vector<std::vector<TokenId>> windows;
    for (std::size_t first = 0; first < ids.size(); first += size) {
        const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
        windows.emplace_back(
            begin, begin + static_cast<std::ptrdiff_t>(std::min(size, ids.size() - first)));
    }
    if (windows.empty())
        return Error{ErrorCode::InvalidInput, "The text is empty."};
    return windows;
}

}  // namespace app::evaluation
