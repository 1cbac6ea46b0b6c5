#include <QTest>

#include "tests/golden/vision_checks.h"
#include "tests/support/golden_model.h"

// The vision encoder on a device against the answers of the published implementation.
class VisionTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void encodesAsPublished_data();
    void encodesAsPublished();

private:
    std::shared_ptr<engine::Device> m_device;
};

void VisionTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
}

void VisionTest::encodesAsPublished_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : {"small", "narrow"})
        QTest::newRow(name) << QString(name);
}

void VisionTest::encodesAsPublished()
{
    QFETCH(const QString, name);
    tests::checkGoldenPictures(m_device, TEST_DATA_DIR, name);
}

QTEST_GUILESS_MAIN(VisionTest)
#include "vision_test.moc"
