// What ChatController does with several answers to one message, and before the next one.

#include <algorithm>
#include <utility>
#include <vector>

#include "app/chat_controller.h"
#include "ui/conversation_model.h"

namespace app {

using Speaker = ui::ConversationModel::Speaker;

void ChatController::answerAgain()
{
    if (isAnswering() || isLoading() || m_isHearing || m_exchanges.empty())
        return;
    const int row = m_conversation->lastRowOf(Speaker::Assistant);
    std::vector<ui::ConversationModel::Version> earlier = m_conversation->versionsOf(row);
    std::erase_if(earlier, [](const auto& version) { return version.text.isEmpty(); });
    const EncodedMessage message = takeLastExchange();
    const bool isEncoded =
        std::none_of(message.media.begin(), message.media.end(),
                     [](const EncodedMedium& encoded) { return encoded.numbers.isEmpty(); });
    if (!isEncoded) {  // what was spoken was heard in its place only
        m_attachments.putBack(message.media);
        send(message.text);
        if (isAnswering())
            m_conversation->setLastEarlierVersions(std::move(earlier));
        return;
    }
    begin(message.text, mediaOf(message.media));
    m_conversation->setLastEarlierVersions(std::move(earlier));
    ask(message.text, message.media);
}

void ChatController::answerAgainAt(const QString& size)
{
    m_sizes.choose(size);
    answerAgain();
}

// The conversation goes on from the answer that is shown under the last message.
void ChatController::stepVersion(int row, int step)
{
    if (isAnswering() || isLoading() || m_isHearing)
        return;
    const int before = m_conversation->row(row).shownVersion;
    m_conversation->showVersion(row, before + step);
    const bool hasTurned = m_conversation->row(row).shownVersion != before;
    const bool isLast = !m_exchanges.empty() && row == m_exchanges.back().row + 1;
    if (hasTurned && isLast)
        m_chosenAnswer = m_conversation->row(row).text;
}

void ChatController::prepareAnswer()
{
    if (m_chosenAnswer)
        m_assistant->replaceLastAnswer(*m_chosenAnswer);
    m_chosenAnswer.reset();
    m_sizes.prepareAnswer();
}

}  // namespace app
