#include "ui/conversation_model.h"

namespace ui {

int ConversationModel::append(Speaker speaker, const QString& text, State state)
{
    const int index = count();
    beginInsertRows({}, index, index);
    m_rows.push_back({speaker, text, state});
    endInsertRows();
    return index;
}

void ConversationModel::appendText(const QString& text)
{
    Row& last = m_rows.back();
    last.text += text;
    last.state = State::Streaming;
    emitLastChanged();
}

void ConversationModel::setLastState(State state)
{
    m_rows.back().state = state;
    emitLastChanged();
}

void ConversationModel::truncate(int row)
{
    if (row >= count())
        return;
    beginRemoveRows({}, row, count() - 1);
    m_rows.erase(m_rows.begin() + row, m_rows.end());
    endRemoveRows();
}

int ConversationModel::lastRowOf(Speaker speaker) const
{
    for (int index = count() - 1; index >= 0; --index) {
        if (row(index).speaker == speaker)
            return index;
    }
    return -1;
}

int ConversationModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant ConversationModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= count())
        return {};
    const Row& shown = row(index.row());
    if (role == Qt::DisplayRole)
        return shown.text;
    if (role == Qt::AccessibleTextRole) {
        switch (shown.speaker) {
        case Speaker::Person:
            return tr("You: %1").arg(shown.text);
        case Speaker::Assistant:
            return tr("Answer: %1 %2").arg(shown.text, stateText(shown.state)).trimmed();
        case Speaker::Note:
            return shown.text;
        }
    }
    return {};
}

QString ConversationModel::stateText(State state)
{
    switch (state) {
    case State::Waiting:
        return tr("Reading…");
    case State::Stopped:
        return tr("Stopped.");
    case State::Cut:
        return tr("The answer reached the longest length allowed.");
    case State::Full:
        return tr("The context is full. A new chat has room again.");
    case State::Failed:
        return tr("The answer broke off here.");
    case State::Complete:
    case State::Streaming:
        break;
    }
    return {};
}

void ConversationModel::emitLastChanged()
{
    const QModelIndex last = index(count() - 1);
    emit dataChanged(last, last);
}

}  // namespace ui
