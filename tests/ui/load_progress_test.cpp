#include "ui/load_progress.h"

#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

using namespace std::chrono_literals;

class LoadProgressTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void tellsBytesAndTimeLeft_data();
    void tellsBytesAndTimeLeft();
    void barMovesWithTheBytes();
    void cancelIsAsked();
};

void LoadProgressTest::tellsBytesAndTimeLeft_data()
{
    QTest::addColumn<quint64>("done");
    QTest::addColumn<quint64>("total");
    QTest::addColumn<int>("elapsedMs");
    QTest::addColumn<QString>("text");

    constexpr quint64 kGiB = 1ULL << 30;
    QTest::newRow("just begun") << kGiB / 2 << 4 * kGiB << 500 << "512.0 MB of 4.0 GB";
    QTest::newRow("a quarter in 4 s")
        << kGiB << 4 * kGiB << 4000 << "1.0 GB of 4.0 GB, about 12 s left";
    QTest::newRow("minutes") << kGiB << 31 * kGiB << 10000 << "1.0 GB of 31.0 GB, about 5 min left";
    QTest::newRow("done") << kGiB << kGiB << 4000 << "1.0 GB of 1.0 GB";
}

void LoadProgressTest::tellsBytesAndTimeLeft()
{
    QFETCH(const quint64, done);
    QFETCH(const quint64, total);
    QFETCH(const int, elapsedMs);
    QFETCH(const QString, text);
    QCOMPARE(ui::progressText(done, total, std::chrono::milliseconds(elapsedMs)), text);
}

void LoadProgressTest::barMovesWithTheBytes()
{
    ui::LoadProgress progress;
    progress.begin("a model");
    const auto* bar = progress.findChild<QProgressBar*>();
    QCOMPARE(bar->maximum(), 0);
    progress.setProgress(3, 4);
    QCOMPARE(bar->value() * 4, bar->maximum() * 3);
}

void LoadProgressTest::cancelIsAsked()
{
    ui::LoadProgress progress;
    progress.begin("a model");
    const QSignalSpy cancelled(&progress, &ui::LoadProgress::cancelRequested);
    QTest::mouseClick(progress.findChild<QPushButton*>("cancelLoad"), Qt::LeftButton);
    QCOMPARE(cancelled.count(), 1);
}

QTEST_MAIN(LoadProgressTest)
#include "load_progress_test.moc"
