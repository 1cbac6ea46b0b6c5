#pragma once

#include <QScrollArea>
#include <QVector>

#include "ui/media.h"

class QHBoxLayout;

namespace ui {

class Button;
class SoundBar;

// One picture or sound that will be sent, with how far the model has looked at it or heard it, and
// a button that takes it away. Delete does so, too, from the keyboard. Sounds can be played.
class AttachmentTile : public QWidget {
    Q_OBJECT

public:
    AttachmentTile(int id, const Medium& medium, QWidget* parent);

    int id() const { return m_id; }
    const Medium& medium() const { return m_medium; }
    void setMedium(const Medium& medium);
    void setPlayback(const Playback& playback);

    // [0, 1]; 1 is all. Nothing is shown of one that waits.
    void setProgress(double fraction);

    void focusRemoveButton();

    QSize sizeHint() const override;

signals:
    void removeRequested();
    void opened(const ui::Picture& picture);
    void playRequested(const ui::Sound& sound, double fromSeconds);
    void playStopRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void updateName();
    void placeParts();
    void paintPicture(QPainter& painter, const Picture& picture, const QRectF& frame) const;
    void paintName(QPainter& painter, const QRectF& frame) const;

    int m_id;
    Medium m_medium;
    double m_progress = 0;
    Button* m_remove;
    SoundBar* m_soundBar = nullptr;  // of a sound
};

// The pictures and sounds that the next message will bring, in their order. Shown while there are
// any.
class AttachmentStrip : public QScrollArea {
    Q_OBJECT

public:
    explicit AttachmentStrip(QWidget* parent = nullptr);

    // `id` is the caller's, and new. Before what is at `index`; at the end if nothing is.
    void insert(int index, int id, const Medium& medium);
    void setMedium(int id, const Medium& medium);
    void setProgress(int id, double fraction);
    void remove(int id);
    void setPlayback(const Playback& playback);

    QVector<int> ids() const;
    int count() const { return static_cast<int>(m_tiles.size()); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void removeRequested(int id);
    void opened(const ui::Picture& picture);
    void playRequested(const ui::Sound& sound, double fromSeconds);
    void playStopRequested();

private:
    AttachmentTile* tile(int id) const;

    QHBoxLayout* m_row;
    QVector<AttachmentTile*> m_tiles;
    Playback m_playback;
};

}  // namespace ui
