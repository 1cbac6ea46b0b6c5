#pragma once

#include <QWidget>

namespace ui {

// How loud a microphone is: a bar from silence to full scale, a mark at its peak, and, at the end,
// a mark that says that it is too loud. The last stretch before full scale is shown as loud.
class LevelBar : public QWidget {
    Q_OBJECT

public:
    explicit LevelBar(QWidget* parent = nullptr);

    // Decibels of full scale, at most 0; below kFloorDb there is nothing to see.
    void setLevel(float levelDb, float peakDb, bool isClipped);

    QSize sizeHint() const override;

    static constexpr float kFloorDb = -60;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    float m_levelDb = kFloorDb;
    float m_peakDb = kFloorDb;
    bool m_isClipped = false;
};

}  // namespace ui
