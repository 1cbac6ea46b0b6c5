#pragma once

#include <QAbstractListModel>
#include <QString>
#include <QVector>
#include <vector>

#include "ui/media.h"

namespace ui {

// The rows of one conversation, in order. Text only grows at the end, in the last row. Knows
// nothing of engines; lives on the window's thread.
class ConversationModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum class Speaker {
        Person,
        Assistant,
        Note,  // a remark of the application between messages
    };
    enum class State {
        Complete,
        Looking,    // the message waits until its pictures have been looked at
        Listening,  // or its sounds heard
        Waiting,    // nothing has been said yet
        Streaming,  // more text may follow
        Stopped,    // by the person
        Cut,        // the answer reached the longest length allowed
        Full,       // the conversation filled the context
        Failed,
    };

    // One of several answers to the same message.
    struct Version {
        QString text;
        State state = State::Complete;
        QString mark;
    };

    struct Row {
        Speaker speaker = Speaker::Person;
        QString text;
        State state = State::Complete;
        QVector<Medium> media;  // before the text
        double progress = 0;    // of Looking, Listening or Waiting, in [0, 1]
        // Under an answer: the size of the model that gave it.
        QString mark{};
        // All answers to the message in their order, where there are several; what is above is that
        // of the shown one.
        std::vector<Version> versions{};
        int shownVersion = 0;
    };

    using QAbstractListModel::QAbstractListModel;

    // Returns the index of the new row.
    int append(Speaker speaker, const QString& text, State state = State::Complete,
               const QVector<Medium>& media = {});

    // Adds to the last row, which must exist, and makes it Streaming.
    void appendText(const QString& text);

    // Its progress begins anew.
    void setLastState(State state);
    void setLastProgress(double fraction);

    // When they have been read.
    void setMedia(int row, const QVector<Medium>& media);

    void setLastMark(const QString& mark);

    // The answers of a row, the shown one included; and the last row as a further one to these.
    std::vector<Version> versionsOf(int row) const;
    void setLastEarlierVersions(std::vector<Version> earlier);

    // Does nothing while the row's answer is under way, or where it has no such version.
    void showVersion(int row, int version);

    // Forgets all rows from `row` on.
    void truncate(int row);

    const Row& row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }
    int count() const { return static_cast<int>(m_rows.size()); }
    bool isEmpty() const { return m_rows.empty(); }

    // The last row of that speaker, or -1.
    int lastRowOf(Speaker speaker) const;

    // What the reader should know of what became of a message; empty for complete ones.
    static QString stateText(const Row& row);

    // What stands under a message: its mark and its state.
    static QString footText(const Row& row);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    void emitChanged(int row);

    std::vector<Row> m_rows;
};

}  // namespace ui
