#include "ui/conversation_model.h"

#include <QStringList>
#include <utility>

namespace ui {

namespace {

QString mediaText(const ConversationModel::Row& row)
{
    QStringList names;
    for (const Medium& medium : row.media)
        names << (std::holds_alternative<Picture>(medium) ? ConversationModel::tr("picture %1")
                                                          : ConversationModel::tr("sound %1"))
                     .arg(nameOf(medium));
    return names.isEmpty() ? QString() : u'(' + names.join(u", ") + u')';
}

// "Reading… 40 %"
QString withProgress(const QString& words, double progress)
{
    return progress > 0
               ? ConversationModel::tr("%1 %2 %").arg(words).arg(static_cast<int>(100 * progress))
               : words;
}

}  // namespace

int ConversationModel::append(Speaker speaker, const QString& text, State state,
                              const QVector<Medium>& media)
{
    const int index = count();
    beginInsertRows({}, index, index);
    m_rows.push_back({speaker, text, state, media, 0});
    endInsertRows();
    return index;
}

void ConversationModel::appendText(const QString& text)
{
    Row& last = m_rows.back();
    last.text += text;
    last.state = State::Streaming;
    emitChanged(count() - 1);
}

void ConversationModel::setLastState(State state)
{
    m_rows.back().state = state;
    m_rows.back().progress = 0;
    emitChanged(count() - 1);
}

void ConversationModel::setLastProgress(double fraction)
{
    m_rows.back().progress = fraction;
    emitChanged(count() - 1);
}

void ConversationModel::setMedia(int row, const QVector<Medium>& media)
{
    m_rows[static_cast<std::size_t>(row)].media = media;
    emitChanged(row);
}

void ConversationModel::setLastMark(const QString& mark)
{
    m_rows.back().mark = mark;
    emitChanged(count() - 1);
}

std::vector<ConversationModel::Version> ConversationModel::versionsOf(int index) const
{
    const Row& from = row(index);
    const Version shown{from.text, from.state, from.mark};
    if (from.versions.empty())
        return {shown};
    std::vector<Version> versions = from.versions;
    versions[static_cast<std::size_t>(from.shownVersion)] = shown;
    return versions;
}

void ConversationModel::setLastEarlierVersions(std::vector<Version> earlier)
{
    Row& last = m_rows.back();
    last.shownVersion = static_cast<int>(earlier.size());
    last.versions = std::move(earlier);
    if (!last.versions.empty())
        last.versions.push_back({last.text, last.state, last.mark});
    emitChanged(count() - 1);
}

void ConversationModel::showVersion(int index, int version)
{
    Row& shown = m_rows[static_cast<std::size_t>(index)];
    const bool isUnderWay = shown.state == State::Looking || shown.state == State::Listening ||
                            shown.state == State::Waiting || shown.state == State::Streaming;
    if (isUnderWay || version < 0 || version >= static_cast<int>(shown.versions.size()))
        return;
    shown.versions = versionsOf(index);
    const Version& chosen = shown.versions[static_cast<std::size_t>(version)];
    shown.text = chosen.text;
    shown.state = chosen.state;
    shown.mark = chosen.mark;
    shown.shownVersion = version;
    emitChanged(index);
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
            return tr("You: %1").arg((mediaText(shown) + u' ' + shown.text).trimmed());
        case Speaker::Assistant:
            return tr("Answer: %1 %2").arg(shown.text, footText(shown)).trimmed();
        case Speaker::Note:
            return shown.text;
        }
    }
    return {};
}

QString ConversationModel::stateText(const Row& row)
{
    switch (row.state) {
    case State::Looking:
        return withProgress(tr("Looking at the pictures…"), row.progress);
    case State::Listening:
        return withProgress(tr("Listening…"), row.progress);
    case State::Waiting:
        return withProgress(tr("Reading…"), row.progress);
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

QString ConversationModel::footText(const Row& row)
{
    QStringList parts;
    if (row.versions.size() > 1)
        parts << tr("%1 of %2").arg(row.shownVersion + 1).arg(row.versions.size());
    parts << row.mark << stateText(row);
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

void ConversationModel::emitChanged(int row)
{
    const QModelIndex changed = index(row);
    emit dataChanged(changed, changed);
}

}  // namespace ui
