#include "app/cache_folder.h"

#include <QTest>

class CacheFolderTest : public QObject {
    Q_OBJECT

private slots:
    void isWhereTheEnvironmentSays();
    void isInTheHomeOtherwise();
    void isNowhereWithoutAHome();
};

void CacheFolderTest::isWhereTheEnvironmentSays()
{
    qputenv("HOME", "/home/someone");
    qputenv("XDG_CACHE_HOME", "/var/tmp/cache");
    QCOMPARE(app::cacheFolder(), std::filesystem::path("/var/tmp/cache/nestling"));
}

void CacheFolderTest::isInTheHomeOtherwise()
{
    qputenv("HOME", "/home/someone");
    for (const char* other : {"", "relative/cache"}) {
        qputenv("XDG_CACHE_HOME", other);
        QCOMPARE(app::cacheFolder(), std::filesystem::path("/home/someone/.cache/nestling"));
    }
}

void CacheFolderTest::isNowhereWithoutAHome()
{
    qunsetenv("HOME");
    qunsetenv("XDG_CACHE_HOME");
    QVERIFY(app::cacheFolder().empty());
}

QTEST_GUILESS_MAIN(CacheFolderTest)
#include "cache_folder_test.moc"
