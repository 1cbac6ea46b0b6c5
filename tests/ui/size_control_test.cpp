#include "ui/size_control.h"

#include <QAction>
#include <QLabel>
#include <QMenu>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>

using ui::SizeControl;

namespace {

const QVector<ui::SizeOption> kSizes{{"full", "4 million parameters", {}},
                                     {"half", "2 million parameters", {}},
                                     {"wide", {}, "Layer 0 is given too many neurons."}};
const QVector<ui::SizeOption> kBetween{{"half", "2 million parameters", {}},
                                       {"75 %", "3 million parameters", {}},
                                       {"full", "4 million parameters", {}}};

}  // namespace

// The size beside the model's name, alone.
class SizeControlTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void isHiddenWithoutAModel();
    void tellsWhatASizeTakesBeforeItIsChosen();
    void choosingSaysWhich();
    void sizesThatCannotBeUsedSayWhy();
    void theSliderHasSizesBetween();
    void aModelWithOneSizeSaysSo();
    void theChosenOneIsMarked();
    void wishesLeaveTheChoiceToTheApplication();
    void readingAgainCanBeTurnedOff();

private:
    QAction* action(const QString& start) const
    {
        for (QAction* action : m_control->menu()->actions()) {
            if (action->isVisible() && action->text().startsWith(start))
                return action;
        }
        return nullptr;
    }

    std::unique_ptr<SizeControl> m_control;
};

void SizeControlTest::init()
{
    m_control = std::make_unique<SizeControl>();
    m_control->setOptions(kSizes, kBetween, {});
    m_control->setCurrent("full", {}, "full, because you chose it.");
}

void SizeControlTest::isHiddenWithoutAModel()
{
    QVERIFY(SizeControl().isHidden());
    QVERIFY(!m_control->isHidden());
    m_control->setOptions({}, {}, {});
    QVERIFY(m_control->isHidden());
}

void SizeControlTest::tellsWhatASizeTakesBeforeItIsChosen()
{
    QVERIFY(action("half")->text().contains("2 million parameters"));
    QCOMPARE(m_control->text(), QString("full"));
    QCOMPARE(m_control->accessibleName(), QString("Size of the model: full"));
    QCOMPARE(m_control->toolTip(), QString("full, because you chose it."));
}

void SizeControlTest::choosingSaysWhich()
{
    const QSignalSpy chosen(m_control.get(), &SizeControl::sizeChosen);
    action("half")->trigger();
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen.first().first().toString(), QString("half"));
}

void SizeControlTest::sizesThatCannotBeUsedSayWhy()
{
    QVERIFY(!action("wide")->isEnabled());
    QCOMPARE(action("wide")->toolTip(), QString("Layer 0 is given too many neurons."));
}

void SizeControlTest::theSliderHasSizesBetween()
{
    const QSignalSpy chosen(m_control.get(), &SizeControl::sizeChosen);
    auto* slider = m_control->menu()->findChild<QSlider*>("sizeSlider");
    QVERIFY(slider);
    QCOMPARE(slider->maximum(), 2);
    slider->setValue(1);
    QVERIFY(slider->accessibleDescription().contains("3 million parameters"));
    QVERIFY(chosen.isEmpty());
    m_control->menu()->findChild<QPushButton*>("useSize")->click();
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen.first().first().toString(), QString("75 %"));
}

void SizeControlTest::aModelWithOneSizeSaysSo()
{
    m_control->setOptions({{"whole", "2 billion parameters", {}}}, {},
                          "Nothing smaller is nested.");
    QVERIFY(!action("Nothing smaller is nested.")->isEnabled());
    QVERIFY(!action("&Read"));
    QVERIFY(!action("half"));
}

void SizeControlTest::theChosenOneIsMarked()
{
    QVERIFY(action("full")->isChecked());
    m_control->setCurrent("half", {}, {});
    QVERIFY(action("half")->isChecked() && !action("full")->isChecked());
    m_control->setCurrent("75 %", {}, {});
    QVERIFY(!action("half")->isChecked() && !action("full")->isChecked());
}

void SizeControlTest::wishesLeaveTheChoiceToTheApplication()
{
    const QSignalSpy chosen(m_control.get(), &SizeControl::wishChosen);
    action("&Balanced")->trigger();
    QCOMPARE(chosen.first().first().value<ui::SizeWish>(), ui::SizeWish::Balanced);
    m_control->setCurrent("half", ui::SizeWish::Balanced, "half, at about 40 tokens/s.");
    QVERIFY(action("&Balanced")->isChecked() && !action("half")->isChecked());
    QCOMPARE(m_control->text(), QString("half"));
}

void SizeControlTest::readingAgainCanBeTurnedOff()
{
    const QSignalSpy chosen(m_control.get(), &SizeControl::readsAgainChosen);
    QVERIFY(action("&Read")->isChecked());
    action("&Read")->trigger();
    QCOMPARE(chosen.first().first().toBool(), false);
    m_control->setReadsAgain(true);
    QVERIFY(action("&Read")->isChecked());
    QCOMPARE(chosen.count(), 1);
}

QTEST_MAIN(SizeControlTest)
#include "size_control_test.moc"
