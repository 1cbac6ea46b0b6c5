#pragma once

#include <QTest>

#include <functional>

#include "tests/support/comparison.h"
#include "tests/support/multimodal_cases.h"
#include "tests/support/tiny_session.h"

namespace tests {

// With keys and values in 32 bits, as the published answers are.
inline engine::Session startSessionAt(const std::shared_ptr<const engine::Model>& model,
                                      const std::string& size)
{
    engine::Session session = startSession(model, {.cache = engine::CachePrecision::Single});
    must(session.setSize(must(model->findSize(size)).size, engine::CacheAtSwitch::ReadAgain));
    return session;
}

// The last turn's prompt of a golden conversation, with the published answers before it.
inline engine::Session startCase(const std::shared_ptr<const engine::Model>& model,
                                 const std::string& size, const MultimodalCase& conversation,
                                 const Encode& encode)
{
    engine::Session session = startSessionAt(model, size);
    for (const CaseTurn& turn : conversation.turns) {
        must(session.append({engine::Role::User, must(toParts(turn.parts, encode))}, {}));
        if (&turn != &conversation.turns.back())
            must(session.append({engine::Role::Assistant, {turn.said}}, {}));
    }
    return session;
}

// Ids, logits of text after them, and the greedy answer. Reports to Qt Test.
inline void checkCase(const std::shared_ptr<const engine::Model>& model, const std::string& size,
                      const MultimodalCase& expected, const Encode& encode, double tolerance)
{
    engine::Session session = startCase(model, size, expected, encode);
    const std::vector<std::uint32_t> ids(session.tokens().begin(), session.tokens().end());
    QCOMPARE(ids, expected.ids);

    session.truncate(session.length() - 1);
    auto logits = must(logitsOf(session, std::span(ids).last(1)));
    logits.resize(expected.logits.size());
    const double error = relativeError(logits, expected.logits);
    QVERIFY2(error < tolerance, qPrintable(QString::number(error)));
    qInfo("logits differ by %.2e", error);

    const auto reply = must(
        session.generate(greedy(static_cast<std::uint32_t>(expected.greedy.size()) + 1), {}, {}));
    QCOMPARE(reply.tokens, expected.greedy);
    QCOMPARE(reply.text, expected.turns.back().answer);
}

}  // namespace tests
