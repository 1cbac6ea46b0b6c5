#include <QTest>

#include "tests/golden/audio_checks.h"

// Sound encoders of two shapes against the published implementation's rows.
class GoldenAudioTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void clipsAreThePublishedOnes_data();
    void clipsAreThePublishedOnes();
    void hardRowsAreThePublishedOnes_data();
    void hardRowsAreThePublishedOnes();
    void piecesGiveTheSameRows_data();
    void piecesGiveTheSameRows();
    void clipsAreFilledWithPadding();

private:
    std::map<QString, tests::LoadedAudio> m_sets;
};

void GoldenAudioTest::initTestCase()
{
    const auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    for (const char* name : {"small", "demo-shape"}) {
        auto loaded =
            tests::loadAudioSet(device, std::string(TEST_DATA_DIR "/golden/audio/") + name);
        QVERIFY2(loaded, loaded ? "" : loaded.error().message.c_str());
        m_sets.emplace(name, *std::move(loaded));
    }
}

void GoldenAudioTest::clipsAreThePublishedOnes_data()
{
    QTest::addColumn<QString>("set");
    for (const auto& [name, loaded] : m_sets)
        QTest::newRow(qPrintable(name)) << name;
}

void GoldenAudioTest::clipsAreThePublishedOnes()
{
    QFETCH(const QString, set);
    tests::checkClips(m_sets.at(set));
}

void GoldenAudioTest::hardRowsAreThePublishedOnes_data()
{
    clipsAreThePublishedOnes_data();
}

void GoldenAudioTest::hardRowsAreThePublishedOnes()
{
    QFETCH(const QString, set);
    tests::checkHardRows(m_sets.at(set));
}

void GoldenAudioTest::piecesGiveTheSameRows_data()
{
    QTest::addColumn<QString>("set");
    QTest::addColumn<uint>("piece");
    QTest::addColumn<uint>("seed");
    for (const auto& [name, loaded] : m_sets) {
        for (const uint piece : {640U, 1600U, 20000U})
            QTest::addRow("%s, %u at a time", qPrintable(name), piece) << name << piece << 0U;
        for (const uint seed : {1U, 2U})
            QTest::addRow("%s, up to 30,000, seed %u", qPrintable(name), seed)
                << name << 30000U << seed;
    }
    QTest::newRow("small, sample by sample") << QString("small") << 1U << 0U;
}

void GoldenAudioTest::piecesGiveTheSameRows()
{
    QFETCH(const QString, set);
    QFETCH(const uint, piece);
    QFETCH(const uint, seed);
    const tests::LoadedAudio& loaded = m_sets.at(set);
    const auto& samples = loaded.set.cases.back().samples;
    const auto whole = tests::hear(loaded.encoder, samples, samples.size());
    const auto pieces = tests::hear(loaded.encoder, samples, piece, seed);
    QVERIFY(whole && pieces);
    QVERIFY(tests::relativeError(pieces->rows, whole->rows) <= tests::kLargestPieceError);
}

void GoldenAudioTest::clipsAreFilledWithPadding()
{
    const tests::LoadedAudio& loaded = m_sets.at("demo-shape");
    auto clip = engine::AudioClip::create(loaded.encoder);
    QVERIFY(clip);
    const auto& expected = loaded.set.cases.front();
    QVERIFY(clip->push(expected.samples, {}));
    const auto all = clip->finish({});
    QVERIFY(all);
    QCOMPARE(std::size_t{all->count()}, loaded.set.softTokensPerClip);
    QCOMPARE(std::size_t{clip->rowCount()}, expected.rows);

    const auto rows = engine::readRows(*all);
    QVERIFY(rows);
    const std::size_t width = loaded.set.textHidden;
    QVERIFY(tests::relativeError(std::span(*rows).first(expected.rows * width),
                                 expected.softTokens) <= tests::kLargestAudioError);
    for (std::size_t row = expected.rows; row < loaded.set.softTokensPerClip; ++row)
        QVERIFY(tests::relativeError(std::span(*rows).subspan(row * width, width),
                                     loaded.set.padding) <= tests::kLargestAudioError);
}

QTEST_GUILESS_MAIN(GoldenAudioTest)
#include "audio_test.moc"
