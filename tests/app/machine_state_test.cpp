#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "app/machine_state.h"

// Batteries and memory, from files like the kernel's.
class MachineStateTest : public QObject {
    Q_OBJECT

private slots:
    void powerIsRead_data();
    void powerIsRead();
    void batteriesCountTogether();
    void memoryIsRead_data();
    void memoryIsRead();
    void nothingToReadIsNoLimit();

private:
    static void write(const QString& path, const QByteArray& content);
};

namespace {

struct Supply {
    const char* name;
    QMap<QString, QByteArray> files;
};
using Supplies = QVector<Supply>;

app::MachineFiles filesIn(const QTemporaryDir& folder)
{
    return {folder.filePath("power").toStdString(), folder.filePath("meminfo").toStdString()};
}

}  // namespace

Q_DECLARE_METATYPE(Supplies)

void MachineStateTest::write(const QString& path, const QByteArray& content)
{
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

void MachineStateTest::powerIsRead_data()
{
    QTest::addColumn<Supplies>("supplies");
    QTest::addColumn<bool>("isOnBattery");
    QTest::addColumn<double>("charge");  // below 0: none

    const Supply unplugged{"AC", {{"type", "Mains\n"}, {"online", "0\n"}}};
    const Supply plugged{"AC", {{"type", "Mains\n"}, {"online", "1\n"}}};
    const auto battery = [](const QByteArray& status) {
        return Supply{"BAT0",
                      {{"type", "Battery\n"},
                       {"status", status},
                       {"energy_now", "15000000\n"},
                       {"energy_full", "50000000\n"},
                       {"capacity", "99\n"}}};
    };
    QTest::newRow("discharging") << Supplies{unplugged, battery("Discharging\n")} << true << 0.3;
    QTest::newRow("charging") << Supplies{plugged, battery("Charging\n")} << false << 0.3;
    QTest::newRow("full and plugged in") << Supplies{plugged, battery("Full\n")} << false << 0.3;
    QTest::newRow("plugged in, yet discharging under load")
        << Supplies{plugged, battery("Discharging\n")} << false << 0.3;
    QTest::newRow("a percentage only")
        << Supplies{{"BAT1", {{"type", "Battery"}, {"status", "Discharging"}, {"capacity", "42"}}}}
        << true << 0.42;
    QTest::newRow("charge in ampere hours") << Supplies{{"BAT1",
                                                         {{"type", "Battery"},
                                                          {"status", "Discharging"},
                                                          {"charge_now", "1000"},
                                                          {"charge_full", "4000"}}}}
                                            << true << 0.25;
    QTest::newRow("more than full") << Supplies{{"BAT1",
                                                 {{"type", "Battery"},
                                                  {"status", "Full"},
                                                  {"charge_now", "4100"},
                                                  {"charge_full", "4000"}}}}
                                    << false << 1.0;
    QTest::newRow("a mouse") << Supplies{{"hid-1",
                                          {{"type", "Battery"},
                                           {"scope", "Device"},
                                           {"status", "Discharging"},
                                           {"capacity", "5"}}}}
                             << false << -1.0;
    QTest::newRow("an uninterruptible supply")
        << Supplies{{"ups", {{"type", "UPS"}, {"status", "Discharging"}, {"capacity", "5"}}}}
        << false << -1.0;
    QTest::newRow("nonsense in the files") << Supplies{{"BAT0",
                                                        {{"type", "Battery"},
                                                         {"status", ""},
                                                         {"energy_now", "much"},
                                                         {"energy_full", "0"},
                                                         {"capacity", "-3"}}}}
                                           << false << -1.0;
    QTest::newRow("no battery") << Supplies{plugged} << false << -1.0;
    QTest::newRow("no supply") << Supplies{} << false << -1.0;
}

void MachineStateTest::powerIsRead()
{
    QFETCH(const Supplies, supplies);
    const QTemporaryDir folder;
    for (const Supply& supply : supplies) {
        for (auto file = supply.files.begin(); file != supply.files.end(); ++file)
            write(folder.filePath(QString("power/%1/%2").arg(supply.name, file.key())), *file);
    }

    const app::PowerState power = app::readMachineState(filesIn(folder)).power;
    QTEST(power.isOnBattery, "isOnBattery");
    QTEST(power.charge.value_or(-1), "charge");
}

void MachineStateTest::batteriesCountTogether()
{
    const QTemporaryDir folder;
    const QString now[] = {"10", "50"};
    for (int i = 0; i < 2; ++i) {
        const QString battery = folder.filePath(QString("power/BAT%1/").arg(i));
        write(battery + "type", "Battery");
        write(battery + "status", i == 0 ? "Discharging" : "Unknown");
        write(battery + "energy_now", now[i].toLatin1());
        write(battery + "energy_full", "100");
    }
    const app::PowerState power = app::readMachineState(filesIn(folder)).power;
    QVERIFY(power.isOnBattery);
    QCOMPARE(power.charge.value_or(-1), 0.3);
}

void MachineStateTest::memoryIsRead_data()
{
    QTest::addColumn<QByteArray>("meminfo");
    QTest::addColumn<double>("left");  // below 0: unknown

    QTest::newRow("a quarter") << QByteArray("MemTotal:  16000 kB\nMemFree: 1 kB\n"
                                             "MemAvailable:  4000 kB\n")
                               << 0.25;
    QTest::newRow("no kernel says more than all")
        << QByteArray("MemTotal: 100 kB\nMemAvailable: 200 kB\n") << 1.0;
    QTest::newRow("an old kernel") << QByteArray("MemTotal: 100 kB\nMemFree: 50 kB\n") << -1.0;
    QTest::newRow("no total") << QByteArray("MemAvailable: 100 kB\n") << -1.0;
    QTest::newRow("no numbers") << QByteArray("MemTotal: many\nMemAvailable: few\n") << -1.0;
    QTest::newRow("empty") << QByteArray() << -1.0;
}

void MachineStateTest::memoryIsRead()
{
    QFETCH(const QByteArray, meminfo);
    const QTemporaryDir folder;
    write(folder.filePath("meminfo"), meminfo);
    QTEST(app::readMachineState(filesIn(folder)).memoryLeft.value_or(-1), "left");
}

void MachineStateTest::nothingToReadIsNoLimit()
{
    const QTemporaryDir folder;
    const app::MachineState state = app::readMachineState(filesIn(folder));
    QVERIFY(!state.power.isOnBattery);
    QVERIFY(!state.power.charge);
    QVERIFY(!state.memoryLeft);
}

QTEST_GUILESS_MAIN(MachineStateTest)
#include "machine_state_test.moc"
