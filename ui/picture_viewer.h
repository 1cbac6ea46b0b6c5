#pragma once

#include <QDialog>

#include "ui/picture.h"

namespace ui {

// A window of its own that shows one picture as large as fits. Escape or a click closes it, which
// deletes it.
class PictureViewer : public QDialog {
    Q_OBJECT

public:
    PictureViewer(const Picture& picture, QWidget* parent);

    QRectF place() const;  // of the picture in the window

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    Picture m_picture;
};

}  // namespace ui
