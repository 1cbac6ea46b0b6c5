#include "ui/row_geometry.h"

#include <QTest>

class RowGeometryTest : public QObject {
    Q_OBJECT

private slots:
    void isEmptyAtFirst();
    void rowsStackDownwards();
    void changedHeightMovesWhatFollows();
    void rowAtFindsTheCoveringRow();
    void shrinkingForgetsRows();
};

void RowGeometryTest::isEmptyAtFirst()
{
    const ui::RowGeometry rows;
    QCOMPARE(rows.total(), 0);
    QCOMPARE(rows.rowAt(0), -1);
}

void RowGeometryTest::rowsStackDownwards()
{
    ui::RowGeometry rows;
    rows.resize(3, 10);
    QCOMPARE(rows.top(2), 20);
    QCOMPARE(rows.total(), 30);
}

void RowGeometryTest::changedHeightMovesWhatFollows()
{
    ui::RowGeometry rows;
    rows.resize(3, 10);
    QCOMPARE(rows.total(), 30);
    rows.setHeight(0, 25);
    QCOMPARE(rows.top(0), 0);
    QCOMPARE(rows.top(1), 25);
    QCOMPARE(rows.total(), 45);
}

void RowGeometryTest::rowAtFindsTheCoveringRow()
{
    ui::RowGeometry rows;
    rows.resize(2, 10);
    rows.setHeight(1, 30);
    QCOMPARE(rows.rowAt(-5), 0);
    QCOMPARE(rows.rowAt(9), 0);
    QCOMPARE(rows.rowAt(10), 1);
    QCOMPARE(rows.rowAt(39), 1);
    QCOMPARE(rows.rowAt(4000), 1);
}

void RowGeometryTest::shrinkingForgetsRows()
{
    ui::RowGeometry rows;
    rows.resize(5, 10);
    QCOMPARE(rows.total(), 50);
    rows.resize(2, 0);
    QCOMPARE(rows.total(), 20);
    rows.resize(3, 7);
    QCOMPARE(rows.total(), 27);
}

QTEST_GUILESS_MAIN(RowGeometryTest)
#include "row_geometry_test.moc"
