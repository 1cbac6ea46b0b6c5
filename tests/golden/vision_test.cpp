#include <QTest>

#include "engine/gpu/context.h"
#include "tests/golden/vision_checks.h"
#include "tests/support/golden_model.h"

// The vision encoder on a device against the answers of the published implementation.
class VisionTest : public QObject {
    Q_OBJECT

private slots:
    void encodesAsPublished_data();
    void encodesAsPublished();
};

void VisionTest::encodesAsPublished_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("forGpus");
    QTest::newRow("small") << "small" << false;
    QTest::newRow("narrow") << "narrow" << false;
    QTest::newRow("small, with the kernels for GPUs") << "small" << true;
}

void VisionTest::encodesAsPublished()
{
    QFETCH(const QString, name);
    QFETCH(const bool, forGpus);
    const auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    if (forGpus)
        device->context().useGpuKernels();
    tests::checkGoldenPictures(device, TEST_DATA_DIR, name);
}

QTEST_GUILESS_MAIN(VisionTest)
#include "vision_test.moc"
