#include "engine/kernels/catalogue.h"

#include <QTest>

#include <array>

#include "engine/kernels/norm.h"
#include "tests/support/gpu_test.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::file::TensorType;
using engine::kernels::Catalogue;
using engine::kernels::Kernel;
using engine::kernels::Pass;
using tests::must;

Q_DECLARE_METATYPE(engine::decoder::Architecture)
Q_DECLARE_METATYPE(engine::Kernels)

// Kernels that are made ahead of their use, together.
class CatalogueTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void whatIsExpectedIsMadeOnce();
    void aPassMakesWhatItDispatches();
    void aSessionBeginsWithItsKernels_data();
    void aSessionBeginsWithItsKernels();

private:
    std::unique_ptr<tests::GpuTest> m_gpu;
};

void CatalogueTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

void CatalogueTest::whatIsExpectedIsMadeOnce()
{
    constexpr std::array kKernels{Kernel::RmsNorm, Kernel::AddRmsNorm, Kernel::Softcap};
    const std::array<std::uint32_t, 1> lanes{8};
    Catalogue catalogue(m_gpu->context());
    const auto* const before = must(catalogue.find(Kernel::Softcap, TensorType::F32, lanes));
    for (const Kernel kernel : kKernels) {
        catalogue.expect(kernel, TensorType::F32, lanes);
        catalogue.expect(kernel, TensorType::F32, lanes);
    }
    QCOMPARE(catalogue.size(), std::size_t{1});
    catalogue.makeExpected();
    QCOMPARE(catalogue.size(), std::size_t{3});
    for (const Kernel kernel : kKernels)
        QVERIFY(must(catalogue.find(kernel, TensorType::F32, lanes)) != nullptr);
    QCOMPARE(catalogue.size(), std::size_t{3});
    QCOMPARE(must(catalogue.find(Kernel::Softcap, TensorType::F32, lanes)), before);
}

void CatalogueTest::aPassMakesWhatItDispatches()
{
    const auto x = m_gpu->allocate(2, 64);
    const auto weight = m_gpu->allocate(1, 64);
    const auto y = m_gpu->allocate(2, 64);
    Catalogue catalogue(m_gpu->context());
    const auto record = [&](Pass& pass) { engine::kernels::rmsNorm(pass, x, weight, 1e-6F, y); };
    engine::kernels::makeKernels(catalogue, record);
    QCOMPARE(catalogue.size(), std::size_t{1});

    const auto commands = must(engine::gpu::CommandBuffer::create(m_gpu->context()));
    must(commands->begin());
    Pass pass(*commands, catalogue);
    record(pass);
    QCOMPARE(must(pass.finish()).dispatches, std::uint64_t{1});
    must(commands->submitAndWait());
    QCOMPARE(catalogue.size(), std::size_t{1});
}

void CatalogueTest::aSessionBeginsWithItsKernels_data()
{
    using engine::decoder::Architecture;
    QTest::addColumn<Architecture>("architecture");
    QTest::addColumn<engine::Kernels>("kernels");
    QTest::newRow("gemma3n") << Architecture::Gemma3n << engine::Kernels::Fused;
    QTest::newRow("gemma3n, plain") << Architecture::Gemma3n << engine::Kernels::Plain;
    QTest::newRow("gemma3") << Architecture::Gemma3 << engine::Kernels::Fused;
}

// What a whole chunk and a step go through is there before the first of either.
void CatalogueTest::aSessionBeginsWithItsKernels()
{
    QFETCH(const engine::decoder::Architecture, architecture);
    QFETCH(const engine::Kernels, kernels);
    tests::TinyModelOptions options;
    options.architecture = architecture;
    const auto device = tests::GpuTest::create()->device();
    const auto model = tests::loadTiny(device, tests::TinyModel(options));
    const Catalogue& catalogue = device->catalogue();
    QCOMPARE(catalogue.size(), std::size_t{0});

    engine::SessionOptions wanted;
    wanted.kernels = kernels;
    auto session = tests::startSession(model, wanted);
    const std::size_t made = catalogue.size();
    QVERIFY(made > 5);
    const std::vector<engine::TokenId> prompt(300, 5);
    must(session.appendTokens(prompt, {}));
    must(session.generate(tests::greedy(3), {}, {}));
    QCOMPARE(catalogue.size(), made);

    // Another model of the same shape finds them there.
    tests::startSession(tests::loadTiny(device, tests::TinyModel(options)), wanted);
    QCOMPARE(catalogue.size(), made);
}

QTEST_GUILESS_MAIN(CatalogueTest)
#include "catalogue_test.moc"
