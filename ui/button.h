#pragma once

#include <QPushButton>

namespace ui {

// A flat button in the colours of the theme. Its accessible name is its text unless set.
class Button : public QPushButton {
    Q_OBJECT

public:
    enum class Emphasis {
        Primary,  // what one most likely wants
        Plain,
        Quiet,  // no frame until the mouse is over it
    };

    Button(const QString& text, Emphasis emphasis, QWidget* parent = nullptr);

    void setEmphasis(Emphasis emphasis);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Emphasis m_emphasis;
};

}  // namespace ui
