#pragma once

#include <QFont>
#include <QString>
#include <memory>
#include <vector>

#include "ui/message_document.h"
#include "ui/theme.h"

class QPainter;
class QRectF;

namespace ui {

// Where a piece of Markdown, growing at its end, may be cut: the length of the part of `text` that
// no later character can change, at the start of a paragraph outside of lists and code.
qsizetype settledLength(QStringView text);

// The text of one message, set in type for one width. A growing text costs only what is not yet
// settled: paragraphs that are complete are kept as documents of their own.
//
// Positions count characters of the shown text over all of these documents.
class MessageLayout {
public:
    MessageLayout(TextKind kind, const QFont& font, const Theme& theme);
    ~MessageLayout();

    // Cheap if `text` begins with the text before it.
    void setText(const QString& text);
    void setWidth(qreal width);

    qreal height() const;
    qreal widestLine() const;
    int length() const;

    int positionAt(const QPointF& point) const;
    QString linkAt(const QPointF& point) const;
    QString shownText(int from, int to) const;

    // The word (or number) around a position, as [from, to).
    std::pair<int, int> wordAt(int position) const;

    // Draws what meets `clip`, both in coordinates of the layout; [from, to) is selected.
    void paint(QPainter& painter, const QRectF& clip, int from, int to) const;

private:
    struct Piece {
        std::unique_ptr<MessageDocument> document;
        qreal top = 0;
    };

    void addPiece(const QString& text);
    void placePieces(std::size_t first);
    const Piece* pieceAt(qreal y) const;

    TextKind m_kind;
    QFont m_font;
    Theme m_theme;
    QString m_text;
    qsizetype m_settled = 0;  // characters of m_text that complete pieces hold
    std::size_t m_settledPieces = 0;
    std::vector<Piece> m_pieces;
    qreal m_width = kReadingWidth;
};

}  // namespace ui
