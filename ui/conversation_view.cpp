#include "ui/conversation_view.h"

#include <QClipboard>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QScrollBar>
#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/button.h"
#include "ui/conversation_accessible.h"
#include "ui/conversation_model.h"
#include "ui/media_layout.h"
#include "ui/message_layout.h"
#include "ui/scroll_bar.h"

namespace ui {

namespace {

using Speaker = ConversationModel::Speaker;

constexpr int kWholeMessage = std::numeric_limits<int>::max();
// Setting more in type would hold the window up; copying takes all of it.
constexpr qsizetype kMostCharactersShown = 300'000;
constexpr std::ptrdiff_t kLayoutsKept = 64;
constexpr int kFrameMs = 16;
constexpr qreal kVersionArrowWidth = 28;
constexpr int kLongestDelayMs = 250;

}  // namespace

ConversationView::ConversationView(ConversationModel* model, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_model(model)
    , m_theme(Theme::of(palette()))
    , m_jumpButton(new Button(tr("Jump to the end ↓"), Button::Emphasis::Plain, this))
{
    installConversationAccessibility();
    setAccessibleName(tr("Conversation"));
    setFont(readingFont());
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setVerticalScrollBar(new ScrollBar(Qt::Vertical, this));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    verticalScrollBar()->setAccessibleName(tr("Scroll the conversation"));
    horizontalScrollBar()->setAccessibleName(tr("Scroll the conversation sideways"));
    viewport()->setMouseTracking(true);
    viewport()->setCursor(Qt::IBeamCursor);

    m_jumpButton->setObjectName("jumpToEnd");
    m_jumpButton->setAccessibleName(tr("Jump to the end of the conversation"));
    m_jumpButton->hide();
    connect(m_jumpButton, &QPushButton::clicked, this, &ConversationView::jumpToEnd);

    m_layoutTimer.setSingleShot(true);
    connect(&m_layoutTimer, &QTimer::timeout, this, &ConversationView::layoutNow);
    connect(model, &QAbstractItemModel::rowsInserted, this,
            [this](const QModelIndex&, int first, int last) { onRowsInserted(first, last); });
    connect(model, &QAbstractItemModel::rowsRemoved, this,
            [this](const QModelIndex&, int first, int) { onRowsRemoved(first); });
    connect(model, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex& first) { onRowChanged(first.row()); });
    if (!model->isEmpty())
        onRowsInserted(0, model->count() - 1);
}

ConversationView::~ConversationView() = default;

void ConversationView::jumpToEnd()
{
    setFollowsEnd(true);
    layoutNow();
}

void ConversationView::selectAll()
{
    if (m_model->isEmpty())
        return;
    m_anchor = {0, 0};
    m_cursor = {m_model->count() - 1, kWholeMessage};
    viewport()->update();
}

void ConversationView::clearSelection()
{
    m_anchor = m_cursor = {};
    viewport()->update();
}

void ConversationView::selectMessage(int step)
{
    if (m_model->isEmpty())
        return;
    const int from = m_cursor.row >= 0 ? m_cursor.row : m_model->count() - (step > 0 ? 1 : 0);
    const int row = std::clamp(from + step, 0, m_model->count() - 1);
    m_anchor = {row, 0};
    m_cursor = {row, kWholeMessage};
    if (const QRect shown = rowRect(row);
        shown.top() < 0 || shown.bottom() >= viewport()->height()) {
        setFollowsEnd(false);
        layoutFrom(m_geometry.top(row));
    }
    viewport()->update();
}

QString ConversationView::selectedText() const
{
    const auto [first, last] = orderedSelection();
    if (first == last)
        return {};
    QStringList parts;
    for (int row = first.row; row <= last.row; ++row) {
        const auto [from, to] = selectionIn(row);
        const bool whole = from == 0 && (to == kWholeMessage || to >= layoutOf(row).length() - 1);
        const QString text = whole ? m_model->row(row).text : layoutOf(row).shownText(from, to);
        if (!text.isEmpty())
            parts << text;
    }
    return parts.join(u"\n\n");
}

void ConversationView::copySelection() const
{
    if (const QString text = selectedText(); !text.isEmpty())
        QGuiApplication::clipboard()->setText(text);
}

QRect ConversationView::rowRect(int row) const
{
    return {0, m_geometry.top(row) - verticalScrollBar()->value(), viewport()->width(),
            m_geometry.height(row)};
}

QRectF ConversationView::mediumRect(int row, int medium) const
{
    return mediaOf(row).places().value(medium).translated(mediaOrigin(row) -
                                                          QPointF(0, verticalScrollBar()->value()));
}

int ConversationView::rowAt(const QPoint& point) const
{
    const int row = m_geometry.rowAt(point.y() + verticalScrollBar()->value());
    return row >= 0 && rowRect(row).contains(point) ? row : -1;
}

void ConversationView::layoutNow()
{
    if (m_isAdjusting)
        return;
    m_layoutTimer.stop();
    if (m_followsEnd)
        layoutEnd();
    else
        layoutFrom(verticalScrollBar()->value());
    evictFarLayouts();
    placeSounds();
    placeJumpButton();
    viewport()->update();
}

void ConversationView::onRowsInserted(int first, int last)
{
    const int count = m_model->count();
    m_geometry.resize(count, 0);
    m_measured.resize(static_cast<std::size_t>(count), false);
    m_layouts.resize(static_cast<std::size_t>(count));
    for (int row = first; row <= last; ++row)
        m_geometry.setHeight(row, estimatedHeight(row));
    if (m_model->row(last).speaker == Speaker::Person)
        setFollowsEnd(true);  // who sends a message wants to see it
    scheduleLayout();
}

void ConversationView::onRowsRemoved(int first)
{
    m_geometry.resize(first, 0);
    m_measured.resize(static_cast<std::size_t>(first));
    m_layouts.resize(static_cast<std::size_t>(first));
    if (std::max(m_anchor.row, m_cursor.row) >= first)
        clearSelection();
    if (first == 0)
        setFollowsEnd(true);
    scheduleLayout();
}

void ConversationView::onRowChanged(int row)
{
    m_measured[static_cast<std::size_t>(row)] = false;
    scheduleLayout();
}

// At most one layout per frame, and less often where one takes long: see layoutEnd().
void ConversationView::scheduleLayout()
{
    if (!m_layoutTimer.isActive())
        m_layoutTimer.start(std::max(m_layoutTimer.interval(), kFrameMs));
}

void ConversationView::forgetLayouts()
{
    const int row = m_geometry.rowAt(verticalScrollBar()->value());
    for (auto& layout : m_layouts)
        layout.reset();
    for (int i = 0; i < m_geometry.count(); ++i)
        m_geometry.setHeight(i, estimatedHeight(i));
    m_measured.assign(m_measured.size(), false);
    if (!m_followsEnd && row >= 0)
        layoutFrom(m_geometry.top(row));
    layoutNow();
}

void ConversationView::measure(int row)
{
    const auto index = static_cast<std::size_t>(row);
    if (m_measured[index])
        return;
    MessageLayout& layout = layoutOf(row);
    const ConversationModel::Row& shown = m_model->row(row);
    int height = kSpaceLarge;
    if (!shown.text.isEmpty())
        height += static_cast<int>(std::ceil(layout.height()));
    if (!shown.media.isEmpty())
        height += static_cast<int>(std::ceil(textRect(row).top() - mediaOrigin(row).y()));
    if (shown.speaker == Speaker::Person)
        height += 2 * kBubblePaddingY;
    if (!ConversationModel::footText(shown).isEmpty())
        height += fontMetrics().height() + (shown.text.isEmpty() ? 0 : kSpaceSmall);
    if (row == 0)
        height += kSpaceLarge;
    m_geometry.setHeight(row, height);
    m_measured[index] = true;
}

int ConversationView::estimatedHeight(int row) const
{
    const auto characters = static_cast<double>(m_model->row(row).text.size());
    const double perLine = std::max(1.0, static_cast<double>(textWidth(row)) /
                                             std::max(1, fontMetrics().averageCharWidth()));
    const double lines = std::ceil(std::max(1.0, characters / perLine));
    return kSpaceLarge + static_cast<int>(lines * 1.2 * fontMetrics().height());
}

// Measures upwards from the last row until the screen is full.
void ConversationView::layoutEnd()
{
    QElapsedTimer timer;
    timer.start();
    int missing = viewport()->height();
    for (int row = m_geometry.count() - 1; row >= 0 && missing > 0; --row) {
        measure(row);
        missing -= m_geometry.height(row);
    }
    setScroll(std::numeric_limits<int>::max());
    // A long paragraph that cannot be split may take many milliseconds to set: leave the window
    // most of its time.
    const int cost = static_cast<int>(timer.elapsed());
    m_layoutTimer.setInterval(std::clamp(3 * cost, kFrameMs, kLongestDelayMs));
}

// Measures downwards from content position `y`. What stands below a row that turns out higher or
// lower than estimated stays where it is.
void ConversationView::layoutFrom(int y)
{
    for (int row = m_geometry.rowAt(y); row >= 0 && !m_measured[static_cast<std::size_t>(row)];
         row = m_geometry.rowAt(y)) {
        const int estimated = m_geometry.height(row);
        measure(row);
        if (m_geometry.top(row) < y && row != m_geometry.count() - 1)
            y = std::max(0, y + m_geometry.height(row) - estimated);
    }
    const int bottom = y + viewport()->height();
    for (int row = std::max(0, m_geometry.rowAt(y));
         row < m_geometry.count() && m_geometry.top(row) < bottom; ++row)
        measure(row);
    setScroll(y);
}

void ConversationView::evictFarLayouts()
{
    const auto kept = std::count_if(m_layouts.begin(), m_layouts.end(),
                                    [](const auto& layout) { return layout != nullptr; });
    if (kept <= kLayoutsKept)
        return;
    for (int row = 0; row < m_geometry.count(); ++row) {
        const QRect shown = rowRect(row);
        if (shown.bottom() < -viewport()->height() || shown.top() > 2 * viewport()->height())
            m_layouts[static_cast<std::size_t>(row)].reset();
    }
}

void ConversationView::setScroll(int value)
{
    m_isAdjusting = true;
    QScrollBar* bar = verticalScrollBar();
    const int height = viewport()->height();
    bar->setPageStep(height);
    bar->setSingleStep(3 * fontMetrics().height() / 2);
    bar->setRange(0, std::max(0, m_geometry.total() + kSpace - height));
    bar->setValue(std::min(value, bar->maximum()));
    m_isAdjusting = false;
}

void ConversationView::setFollowsEnd(bool follows)
{
    if (m_followsEnd == follows)
        return;
    m_followsEnd = follows;
    emit followingEndChanged(follows);
}

void ConversationView::placeJumpButton()
{
    m_jumpButton->setVisible(!m_followsEnd &&
                             verticalScrollBar()->value() < verticalScrollBar()->maximum());
    const QSize size = m_jumpButton->sizeHint();
    m_jumpButton->setGeometry((viewport()->width() - size.width()) / 2,
                              viewport()->height() - size.height() - kSpace, size.width(),
                              size.height());
}

int ConversationView::contentWidth() const
{
    return std::max(80, std::min(width() - 2 * kSpaceHuge, kReadingWidth));
}

// In line with what stands below the view, whether there is a scroll bar or not.
int ConversationView::contentLeft() const
{
    return (width() - contentWidth()) / 2;
}

int ConversationView::textWidth(int row) const
{
    return m_model->row(row).speaker == Speaker::Person
               ? contentWidth() * 85 / 100 - 2 * kBubblePaddingX
               : contentWidth();
}

QRectF ConversationView::textRect(int row) const
{
    const ConversationModel::Row& shown = m_model->row(row);
    const MessageLayout& layout = layoutOf(row);
    const int left = contentLeft();
    const int top = m_geometry.top(row) + (row == 0 ? kSpaceLarge : 0);
    const qreal height = shown.text.isEmpty() ? 0 : layout.height();
    if (shown.speaker == Speaker::Assistant)
        return {qreal(left), qreal(top), qreal(contentWidth()), height};
    // Text that runs to the left stands at the right edge of its whole width.
    const QSizeF media = mediaOf(row).size();
    const qreal below = media.isEmpty() || shown.text.isEmpty() ? 0 : kSpace;
    const qreal widest =
        shown.text.isEmpty() ? 0 : std::min<qreal>(textWidth(row), std::ceil(layout.widestLine()));
    const qreal width =
        shown.text.isRightToLeft() ? textWidth(row) : std::max(widest, media.width());
    if (shown.speaker == Speaker::Note)
        return {left + (contentWidth() - width) / 2, qreal(top), width, height};
    return {left + contentWidth() - kBubblePaddingX - width,
            top + kBubblePaddingY + media.height() + below, width, height};
}

MediaLayout ConversationView::mediaOf(int row) const
{
    return {m_model->row(row).media, qreal(textWidth(row))};
}

QPointF ConversationView::mediaOrigin(int row) const
{
    const int top = m_geometry.top(row) + (row == 0 ? kSpaceLarge : 0);
    return {textRect(row).left(), qreal(top + kBubblePaddingY)};
}

int ConversationView::mediumAt(const QPoint& point) const
{
    const int row = rowAt(point);
    if (row < 0 || m_model->row(row).media.isEmpty())
        return -1;
    return mediaOf(row).at(point + QPoint(0, verticalScrollBar()->value()) - mediaOrigin(row));
}

const Picture* ConversationView::pictureAt(const QPoint& point) const
{
    const int medium = mediumAt(point);
    return medium < 0 ? nullptr : std::get_if<Picture>(&m_model->row(rowAt(point)).media[medium]);
}

QRectF ConversationView::footRect(int row) const
{
    const ConversationModel::Row& shown = m_model->row(row);
    const QRectF area = textRect(row);
    qreal top = area.top();
    if (shown.speaker == Speaker::Person)
        top = area.bottom() + kBubblePaddingY + kSpaceSmall;
    else if (!shown.text.isEmpty())
        top = area.bottom() + kSpaceSmall;
    return {qreal(contentLeft()), top, qreal(contentWidth()), qreal(fontMetrics().height())};
}

QRectF ConversationView::versionArrowRect(int row, int step) const
{
    if (m_model->row(row).versions.size() < 2)
        return {};
    const QRectF foot = footRect(row);
    return {foot.left() + (step < 0 ? 0 : kVersionArrowWidth),
            foot.top() - verticalScrollBar()->value(), kVersionArrowWidth, foot.height()};
}

int ConversationView::versionStepAt(const QPoint& point) const
{
    const int row = rowAt(point);
    if (row < 0)
        return 0;
    for (const int step : {-1, +1}) {
        if (versionArrowRect(row, step).contains(point))
            return step;
    }
    return 0;
}

MessageLayout& ConversationView::layoutOf(int row) const
{
    auto& layout = m_layouts[static_cast<std::size_t>(row)];
    const ConversationModel::Row& shown = m_model->row(row);
    if (!layout) {
        Theme theme = m_theme;
        if (shown.speaker == Speaker::Note)
            theme.text = m_theme.secondaryText;
        const TextKind kind =
            shown.speaker == Speaker::Assistant ? TextKind::Markdown : TextKind::Plain;
        layout = std::make_unique<MessageLayout>(kind, font(), theme);
    }
    layout->setWidth(textWidth(row));
    if (shown.text.size() <= kMostCharactersShown)
        layout->setText(shown.text);
    else
        layout->setText(shown.text.left(kMostCharactersShown) +
                        tr("… (%n more characters)", nullptr,
                           static_cast<int>(shown.text.size() - kMostCharactersShown)));
    return *layout;
}

ConversationView::TextPosition ConversationView::textPositionAt(const QPoint& point) const
{
    const QPoint inContent = point + QPoint(0, verticalScrollBar()->value());
    const int row = m_geometry.rowAt(inContent.y());
    if (row < 0)
        return {};
    return {row, layoutOf(row).positionAt(inContent - textRect(row).topLeft())};
}

QString ConversationView::linkAt(const QPoint& point) const
{
    const int row = rowAt(point);
    if (row < 0)
        return {};
    return layoutOf(row).linkAt(point + QPoint(0, verticalScrollBar()->value()) -
                                textRect(row).topLeft());
}

std::pair<ConversationView::TextPosition, ConversationView::TextPosition>
ConversationView::orderedSelection() const
{
    return std::minmax(m_anchor, m_cursor);
}

std::pair<int, int> ConversationView::selectionIn(int row) const
{
    const auto [first, last] = orderedSelection();
    if (first.row < 0 || row < first.row || row > last.row)
        return {0, 0};
    return {row == first.row ? first.position : 0, row == last.row ? last.position : kWholeMessage};
}

}  // namespace ui
