#include "ui/message_layout.h"

#include <QAbstractTextDocumentLayout>
#include <QPainter>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocumentFragment>
#include <algorithm>

namespace ui {

namespace {

bool isFence(QStringView line)
{
    const QStringView trimmed = line.trimmed();
    return trimmed.startsWith(u"```") || trimmed.startsWith(u"~~~");
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

qsizetype settledLength(QStringView text)
{
    qsizetype settled = 0;
    bool inFence = false;
    bool afterBlank = false;
    for (qsizetype start = 0; start < text.size();) {
        qsizetype end = text.indexOf(u'\n', start);
        if (end < 0)
            end = text.size();
        const QStringView line = text.mid(start, end - start);
        if (line.trimmed().isEmpty()) {
            afterBlank = !inFence;
        } else {
            if (afterBlank && startsAfresh(line))
                settled = start;
            afterBlank = false;
            if (isFence(line))
                inFence = !inFence;
        }
        start = end + 1;
    }
    return settled;
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
        const qsizetype more = settledLength(QStringView(m_text).mid(m_settled));
        if (more > 0) {
            addPiece(m_text.mid(m_settled, more));
            m_settled += more;
            m_settledPieces = m_pieces.size();
        }
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
        piece.document->setTextWidth(width);
    placePieces(0);
}

qreal MessageLayout::height() const
{
    return m_pieces.empty() ? 0 : m_pieces.back().top + m_pieces.back().document->size().height();
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
        if (last || point.y() < piece.top + piece.document->size().height()) {
            const int inside = piece.document->documentLayout()->hitTest(
                point - QPointF(0, piece.top), Qt::FuzzyHit);
            return before + std::clamp(inside, 0, piece.document->characterCount());
        }
        before += piece.document->characterCount();
    }
    return before;
}

QString MessageLayout::linkAt(const QPointF& point) const
{
    const Piece* piece = pieceAt(point.y());
    return piece ? piece->document->documentLayout()->anchorAt(point - QPointF(0, piece->top))
                 : QString();
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
        const QRectF area(QPointF(0, piece.top), piece.document->size());
        if (area.top() <= clip.bottom() && area.bottom() >= clip.top()) {
            context.clip = clip.translated(0, -piece.top);
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
            painter.translate(0, piece.top);
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
    piece.document->setTextWidth(m_width);
    m_pieces.push_back(std::move(piece));
}

void MessageLayout::placePieces(std::size_t first)
{
    for (std::size_t i = first; i < m_pieces.size(); ++i) {
        m_pieces[i].top =
            i == 0 ? 0 : m_pieces[i - 1].top + m_pieces[i - 1].document->size().height() + kSpace;
    }
}

const MessageLayout::Piece* MessageLayout::pieceAt(qreal y) const
{
    const auto below = std::find_if(m_pieces.begin(), m_pieces.end(), [y](const Piece& piece) {
        return y < piece.top + piece.document->size().height();
    });
    return below == m_pieces.end() ? nullptr : &*below;
}

}  // namespace ui
