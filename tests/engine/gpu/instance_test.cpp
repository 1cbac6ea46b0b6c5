#include "engine/gpu/instance.h"

#include <QTest>

#include "engine/device.h"
#include "tests/support/golden_model.h"
#include "tests/support/tiny_session.h"

using engine::gpu::Instance;
using tests::must;

// The loader of drivers, which all devices of a process share, one after the other too.
class InstanceTest : public QObject {
    Q_OBJECT

private slots:
    void driversAreLoadedOnce();
};

void InstanceTest::driversAreLoadedOnce()
{
    if (!tests::openDevice())
        QSKIP("no Vulkan device");
    const Instance* const first = must(Instance::get());
    QVERIFY(tests::openDevice());
    QVERIFY(!engine::Device::list().empty());
    QCOMPARE(must(Instance::get()), first);
}

QTEST_GUILESS_MAIN(InstanceTest)
#include "instance_test.moc"
