#pragma once

#include <QMenu>

class QActionGroup;

namespace ui {

// Which microphone to record with, and whether a pause ends what is said.
class MicrophoneMenu : public QMenu {
    Q_OBJECT

public:
    explicit MicrophoneMenu(QWidget* parent = nullptr);

    // The system's default first.
    void setDevices(const QStringList& names);

    // By its name; empty: the system's default. It is shown even while it is not connected.
    void setDevice(const QString& name);

    void setEndsAtPause(bool ends);

signals:
    // It is about to be shown: what is plugged in may have changed.
    void devicesWanted();
    void deviceChosen(const QString& name);
    void endsAtPauseChosen(bool ends);

private:
    void fill();

    QAction* m_endsAtPause;
    QActionGroup* m_devices;
    QStringList m_names;
    QString m_chosen;
};

}  // namespace ui
