#pragma once

#include <QScrollBar>

namespace ui {

// A slim scroll bar in the colours of the theme.
class ScrollBar : public QScrollBar {
    Q_OBJECT

public:
    using QScrollBar::QScrollBar;

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace ui
