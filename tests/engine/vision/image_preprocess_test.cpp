#include "engine/vision/image_preprocess.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/picture.h"

using engine::Image;
using engine::vision::bilinearTaps;
using engine::vision::kTapUnit;
using engine::vision::squash;
using engine::vision::Taps;

// Resizing as PIL does it: its own answers, and the values that follow from the formula.
class ImagePreprocessTest : public QObject {
    Q_OBJECT

private slots:
    void equalsPil_data();
    void equalsPil();
    void tapsAreThoseOfTheFormula_data();
    void tapsAreThoseOfTheFormula();
    void weightsSumToOne_data();
    void weightsSumToOne();
    void theSameSizeChangesNothing();
    void onePixelFillsTheSquare();
    void everyShapeIsSquashed();
    void eachAxisIsRounded();
    void tallPicturesLoseTheirRowsFirst();
};

void ImagePreprocessTest::equalsPil_data()
{
    QTest::addColumn<QString>("set");
    QTest::addColumn<QString>("number");
    QTest::addColumn<uint>("size");

    QTest::newRow("small, 192") << "small"
                                << "0" << 192U;
    QTest::newRow("narrow, 256") << "narrow"
                                 << "0" << 256U;
    QTest::newRow("narrow, 384") << "narrow"
                                 << "1" << 384U;
    QTest::newRow("300m, 256") << "300m"
                               << "0" << 256U;
    QTest::newRow("300m, 768") << "300m"
                               << "1" << 768U;
}

void ImagePreprocessTest::equalsPil()
{
    QFETCH(const QString, set);
    QFETCH(const QString, number);
    QFETCH(const uint, size);
    const std::string folder = TEST_DATA_DIR "/golden/vision/" + set.toStdString();
    const Image picture = tests::readPicture(folder + "/picture-" + number.toStdString() + ".png");
    const Image expected = tests::readPicture(folder + "/resized-" + number.toStdString() + ".png");
    QVERIFY(picture.width > 0);
    QCOMPARE(expected.width, size);

    const std::vector<std::uint8_t> actual = squash(picture, size);
    QCOMPARE(actual.size(), expected.rgb.size());
    // The same integers in the same order: nothing is left to be different.
    QVERIFY(std::equal(actual.begin(), actual.end(), expected.rgb.begin()));
}

void ImagePreprocessTest::tapsAreThoseOfTheFormula_data()
{
    QTest::addColumn<uint>("from");
    QTest::addColumn<uint>("sample");
    QTest::addColumn<uint>("first");
    QTest::addColumn<QVector<double>>("weights");

    QTest::newRow("1024, 0") << 1024U << 0U << 0U << QVector<double>{0.7, 0.3};
    QTest::newRow("1024, 1") << 1024U << 1U << 1U << QVector<double>{0.5, 0.5};
    QTest::newRow("1024, 2") << 1024U << 2U << 2U << QVector<double>{3 / 11., 7 / 11., 1 / 11.};
    QTest::newRow("1536, 5") << 1536U << 5U << 9U << QVector<double>{0.125, 0.375, 0.375, 0.125};
    QTest::newRow("640, 1") << 640U << 1U << 0U << QVector<double>{0.25, 0.75};
}

void ImagePreprocessTest::tapsAreThoseOfTheFormula()
{
    QFETCH(const uint, from);
    QFETCH(const uint, sample);
    QFETCH(const uint, first);
    QFETCH(const QVector<double>, weights);
    const Taps taps = bilinearTaps(from, 768).at(sample);
    QCOMPARE(taps.first, first);
    for (std::size_t i = 0; i < taps.weights.size(); ++i) {
        const double expected = weights.value(static_cast<qsizetype>(i), 0);
        // Rounded to the unit.
        QVERIFY(std::abs(taps.weights[i] - expected * kTapUnit) <= 0.5 + 1e-6);
    }
    QVERIFY(taps.weights.size() >= static_cast<std::size_t>(weights.size()));
}

void ImagePreprocessTest::weightsSumToOne_data()
{
    QTest::addColumn<uint>("from");
    QTest::addColumn<uint>("to");

    QTest::newRow("one to many") << 1U << 768U;
    QTest::newRow("many to one") << 5000U << 1U;
    QTest::newRow("a little larger") << 767U << 768U;
    QTest::newRow("a little smaller") << 769U << 768U;
    QTest::newRow("a photograph") << 4032U << 768U;
}

void ImagePreprocessTest::weightsSumToOne()
{
    QFETCH(const uint, from);
    QFETCH(const uint, to);
    const std::vector<Taps> all = bilinearTaps(from, to);
    QCOMPARE(all.size(), std::size_t{to});
    for (const Taps& taps : all) {
        const auto count = static_cast<std::int64_t>(taps.weights.size());
        QVERIFY(count > 0 && taps.first + count <= from);
        const auto sum = std::accumulate(taps.weights.begin(), taps.weights.end(), std::int64_t{0});
        QVERIFY(std::abs(sum - kTapUnit) <= (count + 1) / 2);  // each is rounded
        QVERIFY(std::all_of(taps.weights.begin(), taps.weights.end(),
                            [](std::int32_t weight) { return weight >= 0; }));
    }
}

void ImagePreprocessTest::theSameSizeChangesNothing()
{
    Image image{5, 5, std::vector<std::uint8_t>(5 * 5 * 3)};
    std::iota(image.rgb.begin(), image.rgb.end(), std::uint8_t{100});
    QVERIFY(squash(image, 5) == image.rgb);
}

void ImagePreprocessTest::onePixelFillsTheSquare()
{
    const std::vector<std::uint8_t> result = squash({1, 1, {255, 0, 77}}, 3);
    for (std::size_t i = 0; i < result.size(); i += 3)
        QVERIFY(result[i] == 255 && result[i + 1] == 0 && result[i + 2] == 77);
}

// A wide picture with a red and a blue half becomes a square with a red and a blue half: nothing is
// cut off and no bar is added.
void ImagePreprocessTest::everyShapeIsSquashed()
{
    Image image{40, 2, {}};
    for (int y = 0; y < 2; ++y) {
        for (int x = 0; x < 40; ++x)
            image.rgb.insert(image.rgb.end(),
                             {std::uint8_t(x < 20 ? 255 : 0), 0, std::uint8_t(x < 20 ? 0 : 255)});
    }
    const std::vector<std::uint8_t> result = squash(image, 8);
    QCOMPARE(result.size(), std::size_t{8 * 8 * 3});
    for (std::size_t y = 0; y < 8; ++y) {
        for (const std::size_t x : {0U, 2U, 5U, 7U}) {
            QCOMPARE(result[(y * 8 + x) * 3], x < 4 ? 255 : 0);
            QCOMPARE(result[(y * 8 + x) * 3 + 2], x < 4 ? 0 : 255);
        }
    }
}

void ImagePreprocessTest::eachAxisIsRounded()
{
    // The rows' means 0.5 and 0 round to 1 and 0, whose mean rounds to 1; the mean of all four is
    // 0.25.
    const auto result = squash({2, 2, {1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}}, 1);
    QCOMPARE(result, (std::vector<std::uint8_t>{1, 1, 1}));
}

void ImagePreprocessTest::tallPicturesLoseTheirRowsFirst()
{
    // The first column's mean is 3 · 0.625 / 3, which rounds to 1, and 1 and 0 to 1. The other way,
    // the first row's mean rounds to 2, and 2 · 0.625 / 3 to 0.
    Image image{2, 4, std::vector<std::uint8_t>(2 * 4 * 3, 0)};
    std::fill_n(image.rgb.begin(), 3, std::uint8_t{3});
    QCOMPARE(squash(image, 1), (std::vector<std::uint8_t>{1, 1, 1}));
}

QTEST_GUILESS_MAIN(ImagePreprocessTest)
#include "image_preprocess_test.moc"
