#pragma once

#include <QScrollArea>
#include <QVector>

#include "ui/picture.h"

class QHBoxLayout;

namespace ui {

class Button;

// One picture that will be sent: small, with how far the model has looked at it, and a button that
// takes it away. Delete does so, too, from the keyboard.
class AttachmentTile : public QWidget {
    Q_OBJECT

public:
    AttachmentTile(int id, const Picture& picture, QWidget* parent);

    int id() const { return m_id; }
    const Picture& picture() const { return m_picture; }
    void setPicture(const Picture& picture);

    // [0, 1]; 1 is all. Nothing is shown of a picture that waits.
    void setProgress(double fraction);

    QSize sizeHint() const override;

signals:
    void removeRequested();
    void opened();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void updateName();

    int m_id;
    Picture m_picture;
    double m_progress = 0;
    Button* m_remove;
};

// The pictures that the next message will bring, in their order. Shown while there are any.
class AttachmentStrip : public QScrollArea {
    Q_OBJECT

public:
    explicit AttachmentStrip(QWidget* parent = nullptr);

    // `id` is the caller's, and new. Before the picture at `index`; at the end if there is none.
    void insert(int index, int id, const Picture& picture);
    void setPicture(int id, const Picture& picture);
    void setProgress(int id, double fraction);
    void remove(int id);

    QVector<int> ids() const;
    int count() const { return static_cast<int>(m_tiles.size()); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void removeRequested(int id);
    void opened(const ui::Picture& picture);

private:
    AttachmentTile* tile(int id) const;

    QHBoxLayout* m_row;
    QVector<AttachmentTile*> m_tiles;
};

}  // namespace ui
