#pragma once

#include <QLabel>

namespace ui {

// One line of text that is cut with dots where room is short, rather than widening the window.
class ElidedLabel : public QLabel {
    Q_OBJECT

public:
    using QLabel::QLabel;

    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace ui
