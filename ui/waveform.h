#pragma once

#include <QAbstractSlider>

#include "ui/peaks.h"

namespace ui {

// How loud a sound is along its length, and where in it one is. A click, dragging and the keys of a
// slider go elsewhere in it. Counts milliseconds.
class Waveform : public QAbstractSlider {
    Q_OBJECT

public:
    explicit Waveform(QWidget* parent = nullptr);

    void setPeaks(const Peaks& peaks);

    QSize sizeHint() const override;

signals:
    // A person went there; not while the mouse still drags.
    void sought();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    int valueAt(qreal x) const;

    Peaks m_peaks;
};

}  // namespace ui
