#include "app/settings.h"

#include <QFileInfo>

namespace app {

namespace {

constexpr auto kGeometry = "window/geometry";
constexpr auto kAppearance = "window/appearance";
constexpr auto kSizeWish = "size/wish";
constexpr auto kReadsAgain = "size/readsAgain";
constexpr auto kRecentModels = "models/recent";
constexpr auto kMicrophone = "microphone/name";
constexpr auto kEndsAtPause = "microphone/endsAtPause";
constexpr qsizetype kModelsRemembered = 5;

}  // namespace

Settings::Settings() : m_settings(QStringLiteral("nestling"), QStringLiteral("nestling")) {}

Settings::Settings(const QString& file) : m_settings(file, QSettings::IniFormat) {}

QByteArray Settings::windowGeometry() const
{
    return m_settings.value(kGeometry).toByteArray();
}

void Settings::setWindowGeometry(const QByteArray& geometry)
{
    m_settings.setValue(kGeometry, geometry);
}

ui::Appearance Settings::appearance() const
{
    const QString name = m_settings.value(kAppearance).toString();
    if (name == u"light")
        return ui::Appearance::Light;
    if (name == u"dark")
        return ui::Appearance::Dark;
    return ui::Appearance::System;
}

void Settings::setAppearance(ui::Appearance appearance)
{
    switch (appearance) {
    case ui::Appearance::System:
        m_settings.remove(kAppearance);
        return;
    case ui::Appearance::Light:
        m_settings.setValue(kAppearance, "light");
        return;
    case ui::Appearance::Dark:
        m_settings.setValue(kAppearance, "dark");
        return;
    }
}

ui::SizeWish Settings::sizeWish() const
{
    const QString name = m_settings.value(kSizeWish).toString();
    if (name == u"quick")
        return ui::SizeWish::Quick;
    return name == u"balanced" ? ui::SizeWish::Balanced : ui::SizeWish::Best;
}

void Settings::setSizeWish(ui::SizeWish wish)
{
    switch (wish) {
    case ui::SizeWish::Quick:
        m_settings.setValue(kSizeWish, "quick");
        return;
    case ui::SizeWish::Balanced:
        m_settings.setValue(kSizeWish, "balanced");
        return;
    case ui::SizeWish::Best:
        m_settings.remove(kSizeWish);
        return;
    }
}

bool Settings::readsAgain() const
{
    return m_settings.value(kReadsAgain, true).toBool();
}

void Settings::setReadsAgain(bool readsAgain)
{
    m_settings.setValue(kReadsAgain, readsAgain);
}

QString Settings::microphone() const
{
    return m_settings.value(kMicrophone).toString();
}

void Settings::setMicrophone(const QString& name)
{
    if (name.isEmpty())
        m_settings.remove(kMicrophone);
    else
        m_settings.setValue(kMicrophone, name);
}

bool Settings::endsAtPause() const
{
    return m_settings.value(kEndsAtPause).toBool();
}

void Settings::setEndsAtPause(bool ends)
{
    m_settings.setValue(kEndsAtPause, ends);
}

QStringList Settings::recentModels() const
{
    QStringList paths;
    for (const QString& path : m_settings.value(kRecentModels).toStringList()) {
        if (QFileInfo::exists(path))
            paths << path;
    }
    return paths.mid(0, kModelsRemembered);
}

void Settings::addRecentModel(const QString& path)
{
    QStringList paths = recentModels();
    paths.removeAll(path);
    paths.prepend(path);
    m_settings.setValue(kRecentModels, paths.mid(0, kModelsRemembered));
}

}  // namespace app
