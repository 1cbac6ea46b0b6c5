#pragma once

#include <QLabel>

namespace ui {

// One line of text that is cut with dots where room is short, rather than widening the window.
class ElidedLabel : public QLabel {
    Q_OBJECT

public:
    using QLabel::QLabel;

    QSize minimumSizeHint() const override;

    // Where the dots stand; in the middle, as in names of files, unless it is said.
    void setElideMode(Qt::TextElideMode mode) { m_elideMode = mode; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Qt::TextElideMode m_elideMode = Qt::ElideMiddle;
};

}  // namespace ui
