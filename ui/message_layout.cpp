#include "ui/message_layout.h"

#include <QAbstractTextDocumentLayout>
#include <QPainter>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocumentFragment>
#include <algorithm>

namespace ui {

namespace {

constexpr qreal kCodePadding = 10;

// Whether the line opens or closes a block of code. Three backticks around words do not.
bool isFence(QStringView line)
{
    const QStringView trimmed = line.trimmed();
    return trimmed.startsWith(u"~~~") ||
           (trimmed.startsWith(u"```") && trimmed.lastIndexOf(u"```") < 3);
}

// Whether a paragraph that follows a blank line and starts with these characters surely belongs to
// nothing before it. Undecided while only the first characters have arrived.
bool startsAfresh(QStringView line)
{
    const QChar first = line.front();
    if (first.isSpace() || first == u'+' || first == u'-' || first == u'>')
        return false;
    if (first == u'*')
        return line.size() > 1 && !line[1].isSpace();
    if (first.isDigit()) {
        const auto other =
            std::find_if(line.begin(), line.end(), [](QChar c) { return !c.isDigit(); });
        return other != line.end() && *other != u'.' && *other != u')';
    }
    return true;
}

}  // namespace

std::vector<qsizetype> cuttingPlaces(QStringView text)
{
    std::vector<qsizetype> places;
    bool inFence = false;
    bool afterBlank = false;
    bool afterFence = false;
    for (qsizetype start = 0; start < text.size();) {
        qsizetype end = text.indexOf(u'\n', start);
        if (end < 0)
            end = text.size();
        const QStringView line = text.mid(start, end - start);
        if (line.trimmed().isEmpty()) {
            afterBlank = !inFence;
        } else {
            const bool fence = isFence(line);
            const bool opensCode = fence && !inFence && !line.front().isSpace();
            if (start > 0 && (opensCode || afterFence || (afterBlank && startsAfresh(line))))
                places.push_back(start);
            afterBlank = false;
            afterFence = fence && inFence && !line.front().isSpace();
            if (fence)
                inFence = !inFence;
        }
        start = end + 1;
    }
    return places;
}

QPointF MessageLayout::Piece::origin() const
{
    return isCode ? QPointF(kCodePadding, top + kCodePadding) : QPointF(0, top);
}

qreal MessageLayout::Piece::bottom() const
{
    return top + document->size().height() + (isCode ? 2 * kCodePadding : 0);
}

MessageLayout::MessageLayout(TextKind kind, const QFont& font, const Theme& theme)
    : m_kind(kind)
    , m_font(font)
    , m_theme(theme)
{
}

MessageLayout::~MessageLayout() = default;

void MessageLayout::setText(const QString& text)
{
    if (text == m_text && !m_pieces.empty())
        return;
    if (!text.startsWith(m_text)) {
        m_settled = 0;
        m_settledPieces = 0;
    }
    m_text = text;
    m_pieces.resize(m_settledPieces);

    const std::size_t firstNew = m_settledPieces;
    if (m_kind == TextKind::Markdown) {
        const qsizetype begin = m_settled;
        for (const qsizetype place : cuttingPlaces(QStringView(m_text).mid(begin))) {
            addPiece(m_text.mid(m_settled, begin + place - m_settled));
            m_settled = begin + place;
        }
        m_settledPieces = m_pieces.size();
    }
    addPiece(m_text.mid(m_settled));
    placePieces(firstNew);
}

void MessageLayout::setWidth(qreal width)
{
    if (width == m_width)
        return;
    m_width = width;
    for (const Piece& piece : m_pieces)
        fitWidth(piece);
    placePieces(0);
}

qreal MessageLayout::height() const
{
    return m_pieces.empty() ? 0 : m_pieces.back().bottom();
}

qreal MessageLayout::widestLine() const
{
    qreal widest = 0;
    for (const Piece& piece : m_pieces)
        widest = std::max(widest, piece.document->idealWidth());
    return widest;
}

int MessageLayout::length() const
{
    int length = 0;
    for (const Piece& piece : m_pieces)
        length += piece.document->characterCount();
    return length;
}

int MessageLayout::positionAt(const QPointF& point) const
{
    int before = 0;
    for (const Piece& piece : m_pieces) {
        const bool last = &piece == &m_pieces.back();
        if (last || point.y() < piece.bottom()) {
            const int inside =
                piece.document->documentLayout()->hitTest(point - piece.origin(), Qt::FuzzyHit);
            return before + std::clamp(inside, 0, piece.document->characterCount());
        }
        before += piece.document->characterCount();
    }
    return before;
}

QString MessageLayout::linkAt(const QPointF& point) const
{
    const Piece* piece = pieceAt(point.y());
    return piece ? piece->document->documentLayout()->anchorAt(point - piece->origin()) : QString();
}

QString MessageLayout::shownText(int from, int to) const
{
    QStringList parts;
    int before = 0;
    for (const Piece& piece : m_pieces) {
        const int length = piece.document->characterCount();
        const int first = std::clamp(from - before, 0, length - 1);
        const int last = std::clamp(to - before, 0, length - 1);
        if (first < last) {
            QTextCursor cursor(piece.document.get());
            cursor.setPosition(first);
            cursor.setPosition(last, QTextCursor::KeepAnchor);
            parts << cursor.selection().toPlainText();
        }
        before += length;
    }
    return parts.join(u'\n');
}

std::pair<int, int> MessageLayout::wordAt(int position) const
{
    int before = 0;
    for (const Piece& piece : m_pieces) {
        const int length = piece.document->characterCount();
        if (position < before + length) {
            QTextCursor cursor(piece.document.get());
            cursor.setPosition(position - before);
            cursor.select(QTextCursor::WordUnderCursor);
            return {before + cursor.selectionStart(), before + cursor.selectionEnd()};
        }
        before += length;
    }
    return {position, position};
}

void MessageLayout::paint(QPainter& painter, const QRectF& clip, int from, int to) const
{
    QAbstractTextDocumentLayout::PaintContext context;
    context.palette.setColor(QPalette::Text, m_theme.text);
    int before = 0;
    for (const Piece& piece : m_pieces) {
        const int length = piece.document->characterCount();
        if (piece.top <= clip.bottom() && piece.bottom() >= clip.top()) {
            if (piece.isCode) {
                painter.setPen(Qt::NoPen);
                painter.setBrush(m_theme.field);
                painter.drawRoundedRect(QRectF(0, piece.top, m_width, piece.bottom() - piece.top),
                                        kSpace, kSpace);
            }
            context.clip = clip.translated(-piece.origin());
            context.selections.clear();
            const int first = std::clamp(from - before, 0, length - 1);
            const int last = std::clamp(to - before, 0, length - 1);
            if (first < last) {
                QAbstractTextDocumentLayout::Selection selection;
                selection.cursor = QTextCursor(piece.document.get());
                selection.cursor.setPosition(first);
                selection.cursor.setPosition(last, QTextCursor::KeepAnchor);
                selection.format.setBackground(m_theme.accent);
                selection.format.setForeground(m_theme.accentText);
                context.selections.push_back(selection);
            }
            painter.save();
            painter.translate(piece.origin());
            piece.document->documentLayout()->draw(&painter, context);
            painter.restore();
        }
        before += length;
    }
}

void MessageLayout::addPiece(const QString& text)
{
    Piece piece;
    piece.document = std::make_unique<MessageDocument>(m_font, m_theme);
    piece.document->setContent(text, m_kind);
    piece.isCode = m_kind == TextKind::Markdown && isFence(text.section(u'\n', 0, 0)) &&
                   !text.front().isSpace();
    fitWidth(piece);
    m_pieces.push_back(std::move(piece));
}

void MessageLayout::fitWidth(const Piece& piece) const
{
    piece.document->setTextWidth(piece.isCode ? m_width - 2 * kCodePadding : m_width);
}

void MessageLayout::placePieces(std::size_t first)
{
    for (std::size_t i = first; i < m_pieces.size(); ++i) {
        m_pieces[i].top = i == 0 ? 0 : m_pieces[i - 1].bottom() + kSpace;
    }
}

const MessageLayout::Piece* MessageLayout::pieceAt(qreal y) const
{
    const auto below = std::find_if(m_pieces.begin(), m_pieces.end(),
                                    [y](const Piece& piece) { return y < piece.bottom(); });
    return below == m_pieces.end() ? nullptr : &*below;
}

}  // namespace ui
