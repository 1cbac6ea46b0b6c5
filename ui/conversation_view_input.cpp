// Painting and input of ConversationView; what stands where is in conversation_view.cpp.

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>

#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/media_layout.h"
#include "ui/message_layout.h"

namespace ui {

void ConversationView::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(event->rect(), m_theme.page);
    const int scroll = verticalScrollBar()->value();
    const QRectF clip = QRectF(event->rect()).translated(0, scroll);
    painter.translate(0, -scroll);
    const int first = m_geometry.rowAt(static_cast<int>(clip.top()));
    for (int row = std::max(0, first); row < m_geometry.count(); ++row) {
        if (m_geometry.top(row) > clip.bottom())
            break;
        paintRow(painter, row, clip);
    }
    painter.translate(0, scroll);
    if (m_showsFocus) {
        painter.setPen(QPen(m_theme.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(viewport()->rect()).adjusted(2, 2, -2, -2), kSpaceSmall,
                                kSpaceSmall);
    }
}

void ConversationView::paintRow(QPainter& painter, int row, const QRectF& clip) const
{
    const ConversationModel::Row& shown = m_model->row(row);
    const QRectF area = textRect(row);
    if (shown.speaker == ConversationModel::Speaker::Person)
        paintBubble(painter, row);
    const auto [from, to] = selectionIn(row);
    if (!shown.text.isEmpty()) {
        painter.save();
        painter.translate(area.topLeft());
        layoutOf(row).paint(painter, clip.translated(-area.topLeft()), from, to);
        painter.restore();
    }
    paintFoot(painter, row);
}

void ConversationView::paintFoot(QPainter& painter, int row) const
{
    const ConversationModel::Row& shown = m_model->row(row);
    const QString text = ConversationModel::footText(shown);
    if (text.isEmpty())
        return;
    painter.setPen(m_theme.secondaryText);
    painter.setFont(font());
    const qreal scroll = verticalScrollBar()->value();
    QRectF foot = footRect(row);
    const bool right = shown.speaker == ConversationModel::Speaker::Person;
    if (shown.versions.size() > 1) {
        const QRectF before = versionArrowRect(row, -1).translated(0, scroll);
        const QRectF after = versionArrowRect(row, +1).translated(0, scroll);
        painter.drawText(before, Qt::AlignCenter, QStringLiteral("‹"));
        painter.drawText(after, Qt::AlignCenter, QStringLiteral("›"));
        foot.setLeft(after.right() + kSpaceSmall);
    }
    painter.drawText(foot, right ? Qt::AlignRight : Qt::AlignLeft, text);
}

// With the pictures; sounds are widgets.
void ConversationView::paintBubble(QPainter& painter, int row) const
{
    QRectF inside = textRect(row);
    inside.setTop(mediaOrigin(row).y());
    const QRectF bubble =
        inside.adjusted(-kBubblePaddingX, -kBubblePaddingY, kBubblePaddingX, kBubblePaddingY);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.bubble);
    painter.drawRoundedRect(bubble, kRadius, kRadius);
    const QVector<Medium>& media = m_model->row(row).media;
    const MediaLayout layout = mediaOf(row);
    for (qsizetype i = 0; i < media.size(); ++i) {
        if (const auto* picture = std::get_if<Picture>(&media[i]))
            paintPicture(painter, layout.places()[i].translated(inside.topLeft()), *picture,
                         m_theme);
    }
}

void ConversationView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    if (viewport()->width() != m_lastWidth) {
        m_lastWidth = viewport()->width();
        forgetLayouts();
    } else {
        layoutNow();
    }
}

void ConversationView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        m_theme = Theme::of(palette());
        forgetLayouts();
    }
}

void ConversationView::scrollContentsBy(int /*dx*/, int /*dy*/)
{
    if (m_isAdjusting)
        return;
    const QScrollBar* bar = verticalScrollBar();
    setFollowsEnd(bar->value() >= bar->maximum());
    layoutNow();
}

void ConversationView::keyPressEvent(QKeyEvent* event)
{
    QScrollBar* bar = verticalScrollBar();
    const bool control = event->modifiers() & Qt::ControlModifier;
    if (event->matches(QKeySequence::Copy)) {
        copySelection();
    } else if (event->matches(QKeySequence::SelectAll)) {
        selectAll();
    } else if (control && event->key() == Qt::Key_Up) {
        selectMessage(-1);
    } else if (control && event->key() == Qt::Key_Down) {
        selectMessage(+1);
    } else if (event->key() == Qt::Key_Home) {
        bar->setValue(0);
    } else if (event->key() == Qt::Key_End) {
        jumpToEnd();
    } else if (event->key() == Qt::Key_Space) {
        bar->triggerAction(event->modifiers() & Qt::ShiftModifier
                               ? QAbstractSlider::SliderPageStepSub
                               : QAbstractSlider::SliderPageStepAdd);
    } else {
        QAbstractScrollArea::keyPressEvent(event);  // arrows and pages
    }
}

void ConversationView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_pressPoint = event->pos();
    m_isSelecting = true;
    m_cursor = textPositionAt(event->pos());
    if (!(event->modifiers() & Qt::ShiftModifier) || m_anchor.row < 0)
        m_anchor = m_cursor;
    viewport()->update();
}

void ConversationView::mouseMoveEvent(QMouseEvent* event)
{
    if (m_isSelecting && event->buttons() & Qt::LeftButton) {
        QScrollBar* bar = verticalScrollBar();
        if (event->pos().y() < 0)
            bar->triggerAction(QAbstractSlider::SliderSingleStepSub);
        else if (event->pos().y() >= viewport()->height())
            bar->triggerAction(QAbstractSlider::SliderSingleStepAdd);
        m_cursor = textPositionAt(event->pos());
        viewport()->update();
        return;
    }
    const QString link = linkAt(event->pos());
    const Picture* picture = pictureAt(event->pos());
    const bool canClick = !link.isEmpty() || picture || versionStepAt(event->pos()) != 0;
    viewport()->setCursor(canClick ? Qt::PointingHandCursor : Qt::IBeamCursor);
    QToolTip::showText(event->globalPosition().toPoint(), picture ? picture->name : link,
                       viewport());
}

void ConversationView::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_isSelecting = false;
    const bool click = (event->pos() - m_pressPoint).manhattanLength() < 4;
    if (!click)
        return;
    if (const int step = versionStepAt(event->pos()); step != 0)
        emit versionStepRequested(rowAt(event->pos()), step);
    else if (pictureAt(event->pos()))
        emit pictureActivated(rowAt(event->pos()), mediumAt(event->pos()));
    else if (const QString link = linkAt(event->pos()); !link.isEmpty())
        emit linkActivated(QUrl(link));
}

void ConversationView::mouseDoubleClickEvent(QMouseEvent* event)
{
    const TextPosition hit = textPositionAt(event->pos());
    if (hit.row < 0)
        return;
    const auto [from, to] = layoutOf(hit.row).wordAt(hit.position);
    m_anchor = {hit.row, from};
    m_cursor = {hit.row, to};
    viewport()->update();
}

void ConversationView::contextMenuEvent(QContextMenuEvent* event)
{
    if (event->reason() == QContextMenuEvent::Mouse) {
        emit menuRequested(rowAt(event->pos()), mediumAt(event->pos()), event->globalPos());
        return;
    }
    // From the keyboard: at the selected message, or the last.
    const int row = m_cursor.row >= 0 ? m_cursor.row : m_model->count() - 1;
    const QPoint place = row < 0 ? QPoint() : rowRect(row).intersected(viewport()->rect()).center();
    emit menuRequested(row, -1, viewport()->mapToGlobal(place));
}

void ConversationView::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    m_showsFocus = event->reason() == Qt::TabFocusReason ||
                   event->reason() == Qt::BacktabFocusReason ||
                   event->reason() == Qt::ShortcutFocusReason;
    viewport()->update();
}

void ConversationView::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    m_showsFocus = false;
    viewport()->update();
}

}  // namespace ui
