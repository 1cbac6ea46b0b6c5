#include "app/settings.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using app::Settings;

class SettingsTest : public QObject {
    Q_OBJECT

private slots:
    void startsEmpty();
    void remembersTheWindow();
    void remembersTheAppearance();
    void lastModelsComeFirstAndOnce();
    void modelsThatAreGoneAreLeftOut();

private:
    QString file() const { return m_folder.filePath(QTest::currentTestFunction()); }
    QString makeModel(const QString& name) const;

    QTemporaryDir m_folder;
};

QString SettingsTest::makeModel(const QString& name) const
{
    const QString path = m_folder.filePath(name);
    QFile model(path);
    return model.open(QIODevice::WriteOnly) ? path : QString();
}

void SettingsTest::startsEmpty()
{
    const Settings settings(file());
    QVERIFY(settings.windowGeometry().isEmpty());
    QCOMPARE(settings.appearance(), ui::Appearance::System);
    QVERIFY(settings.recentModels().isEmpty());
}

void SettingsTest::remembersTheWindow()
{
    Settings(file()).setWindowGeometry("geometry");
    QCOMPARE(Settings(file()).windowGeometry(), "geometry");
}

void SettingsTest::remembersTheAppearance()
{
    for (const auto appearance :
         {ui::Appearance::Dark, ui::Appearance::Light, ui::Appearance::System}) {
        Settings(file()).setAppearance(appearance);
        QCOMPARE(Settings(file()).appearance(), appearance);
    }
}

void SettingsTest::lastModelsComeFirstAndOnce()
{
    QStringList models;
    for (int i = 0; i < 7; ++i)
        models << makeModel(QString("%1.gguf").arg(i));
    Settings settings(file());
    for (const QString& model : models)
        settings.addRecentModel(model);
    settings.addRecentModel(models[4]);
    QCOMPARE(settings.recentModels(),
             QStringList({models[4], models[6], models[5], models[3], models[2]}));
}

void SettingsTest::modelsThatAreGoneAreLeftOut()
{
    Settings settings(file());
    const QString here = makeModel("here.gguf");
    settings.addRecentModel(here);
    settings.addRecentModel("/nowhere/gone.gguf");
    QCOMPARE(settings.recentModels(), QStringList{here});
}

QTEST_GUILESS_MAIN(SettingsTest)
#include "settings_test.moc"
