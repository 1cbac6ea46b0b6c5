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

// Where a piece of Markdown that grows at its end may be cut, in order: before and after code,
// and at starts of paragraphs outside of lists. What stands before them no later character can
// change.
std::vector<qsizetype> cuttingPlaces(QStringView text);

// The text of one message, set in type for one width. Each paragraph is a document of its own, so
// that a growing text costs only its last one.
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
        bool isCode = false;  // stands in a box
        qreal top = 0;

        QPointF origin() const;  // of the document
        qreal bottom() const;
    };

    void addPiece(const QString& text);
    void fitWidth(const Piece& piece) const;
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
