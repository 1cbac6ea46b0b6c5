#pragma once

#include <QByteArray>
#include <QSettings>
#include <QStringList>

#include "ui/size_control.h"
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

    ui::SizeWish sizeWish() const;
    void setSizeWish(ui::SizeWish wish);

    // Whether a conversation is read again when the size of the model changes.
    bool readsAgain() const;
    void setReadsAgain(bool readsAgain);

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
