#pragma once

#include <QByteArray>
#include <QSettings>
#include <QStringList>

#include "ui/theme.h"

namespace app {

// What is remembered between starts.
class Settings {
public:
    // In the person's configuration folder, or in `file`.
    Settings();
    explicit Settings(const QString& file);

    QByteArray windowGeometry() const;
    void setWindowGeometry(const QByteArray& geometry);

    ui::Appearance appearance() const;
    void setAppearance(ui::Appearance appearance);

    // By its name; empty: the system's default.
    QString microphone() const;
    void setMicrophone(const QString& name);

    // Whether a pause ends what is said.
    bool endsAtPause() const;
    void setEndsAtPause(bool ends);

    // The last first, at most five, without those that are gone.
    QStringList recentModels() const;
    void addRecentModel(const QString& path);

private:
    QSettings m_settings;
};

}  // namespace app
