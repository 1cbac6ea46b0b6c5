#pragma once

#include <QWidget>

class QLabel;

namespace ui {

class SizeControl;

// The last line of the window: model and its size, device, speed, and how full the context is.
class StatusLine : public QWidget {
    Q_OBJECT

public:
    explicit StatusLine(QWidget* parent = nullptr);

    void setModel(const QString& model);
    void setDevice(const QString& device);
    void setSpeed(double tokensPerSecond);  // 0: none measured yet
    void setContext(quint32 used, quint32 capacity);
    void setSizeReason(const QString& sentence);  // why the next answer has its size
    SizeControl& size() { return *m_size; }

    QString text() const;

private:
    QLabel* addLabel(const QString& name, QLabel* label);

    QLabel* m_model;
    SizeControl* m_size;
    QLabel* m_sizeReason;
    QLabel* m_device;
    QLabel* m_speed;
    QLabel* m_context;
};

}  // namespace ui
