#include "engine/base/parallel.h"

#include <QTest>

#include <atomic>
#include <vector>

class ParallelTest : public QObject {
    Q_OBJECT

private slots:
    void eachIsDoneOnce_data();
    void eachIsDoneOnce();
};

void ParallelTest::eachIsDoneOnce_data()
{
    QTest::addColumn<std::size_t>("count");
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{1000}})
        QTest::addRow("%zu", count) << count;
}

void ParallelTest::eachIsDoneOnce()
{
    QFETCH(const std::size_t, count);
    std::vector<std::atomic<int>> done(count);
    engine::forEachInParallel(count, [&done](std::size_t i) { ++done[i]; });
    for (const auto& times : done)
        QCOMPARE(times.load(), 1);
}

QTEST_GUILESS_MAIN(ParallelTest)
#include "parallel_test.moc"
