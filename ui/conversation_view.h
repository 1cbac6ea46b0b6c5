#pragma once

#include <QAbstractScrollArea>
#include <QTimer>
#include <QUrl>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "ui/row_geometry.h"
#include "ui/sound.h"
#include "ui/theme.h"

namespace ui {

class Button;
class ConversationModel;
class MediaLayout;
class MessageLayout;
struct Picture;
class SoundBar;

// Shows a ConversationModel: what the person said in bubbles, answers as set text. Follows the end
// while text arrives, unless the reader scrolled up. Only rows on the screen are set in type; the
// heights of others are estimates until they are seen.
class ConversationView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit ConversationView(ConversationModel* model, QWidget* parent = nullptr);
    ~ConversationView() override;

    void jumpToEnd();
    void selectAll();
    void clearSelection();

    // Selects the message before (-1) or after (+1) the selected one, and shows it.
    void selectMessage(int step);

    // Whole messages as they were written, parts of one as shown.
    QString selectedText() const;
    void copySelection() const;

    bool isFollowingEnd() const { return m_followsEnd; }
    const ConversationModel& model() const { return *m_model; }

    // In coordinates of the viewport.
    QRect rowRect(int row) const;
    int rowAt(const QPoint& point) const;

    // Where a picture or sound of a message stands, in coordinates of the viewport.
    QRectF mediumRect(int row, int medium) const;

    // What the sounds show of what is being played.
    void setPlayback(const Playback& playback);

    // Where one turns to the answer before (-1) or after (+1) the shown one, in coordinates of the
    // viewport; empty where there is but one.
    QRectF versionArrowRect(int row, int step) const;

    // Brings everything on the screen up to date at once; otherwise a timer does.
    void layoutNow();

signals:
    void linkActivated(const QUrl& url);
    void followingEndChanged(bool following);
    void pictureActivated(int row, int medium);
    void versionStepRequested(int row, int step);
    void playRequested(const ui::Sound& sound, double fromSeconds);
    void playStopRequested();
    // `row` is -1 beside the messages, `medium` beside its pictures and sounds.
    void menuRequested(int row, int medium, const QPoint& globalPosition);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct TextPosition {
        int row = -1;
        int position = 0;
        bool operator==(const TextPosition&) const = default;
        bool operator<(const TextPosition& other) const
        {
            return std::tie(row, position) < std::tie(other.row, other.position);
        }
    };

    void onRowsInserted(int first, int last);
    void onRowsRemoved(int first);
    void onRowChanged(int row);
    void scheduleLayout();
    void forgetLayouts();

    // Heights and scrolling.
    void measure(int row);
    int estimatedHeight(int row) const;
    void layoutEnd();
    void layoutFrom(int y);
    void evictFarLayouts();
    void setScroll(int value);
    void setFollowsEnd(bool follows);
    void placeJumpButton();

    // Places in the content, which is as wide as the viewport and as high as all rows.
    int contentWidth() const;
    int contentLeft() const;
    int textWidth(int row) const;
    QRectF textRect(int row) const;
    MediaLayout mediaOf(int row) const;
    QPointF mediaOrigin(int row) const;
    int mediumAt(const QPoint& point) const;  // of rowAt(point), or -1
    const Picture* pictureAt(const QPoint& point) const;
    void placeSounds();
    SoundBar* soundBar(int row, int medium);
    MessageLayout& layoutOf(int row) const;
    TextPosition textPositionAt(const QPoint& point) const;
    QString linkAt(const QPoint& point) const;

    QRectF footRect(int row) const;  // under the row's text
    int versionStepAt(const QPoint& point) const;
    void paintRow(QPainter& painter, int row, const QRectF& clip) const;
    void paintFoot(QPainter& painter, int row) const;
    void paintBubble(QPainter& painter, int row) const;
    std::pair<int, int> selectionIn(int row) const;  // [from, to)
    std::pair<TextPosition, TextPosition> orderedSelection() const;

    ConversationModel* m_model;
    Theme m_theme;
    RowGeometry m_geometry;
    std::vector<bool> m_measured;
    // Filled for what was on the screen lately.
    mutable std::vector<std::unique_ptr<MessageLayout>> m_layouts;
    // Of the sounds on the screen, by row and medium.
    std::map<std::pair<int, int>, SoundBar*> m_soundBars;
    Playback m_playback;
    Button* m_jumpButton;
    QTimer m_layoutTimer;
    TextPosition m_anchor;
    TextPosition m_cursor;
    QPoint m_pressPoint;
    bool m_isSelecting = false;
    bool m_followsEnd = true;
    bool m_isAdjusting = false;
    bool m_showsFocus = false;
    int m_lastWidth = 0;
};

}  // namespace ui
