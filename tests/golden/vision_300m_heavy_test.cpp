#include <QTest>

#include "tests/golden/vision_checks.h"
#include "tests/support/golden_model.h"

// The encoder of the published models in its real size: 294,126,912 parameters.
class Vision300mTest : public QObject {
    Q_OBJECT

private slots:
    void encodesAsPublished();
};

void Vision300mTest::encodesAsPublished()
{
    const auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    tests::checkGoldenPictures(device, TEST_DATA_DIR, "300m");
}

QTEST_GUILESS_MAIN(Vision300mTest)
#include "vision_300m_heavy_test.moc"
