#include "engine/text/transcript.h"

#include <QTest>

using engine::SoftTokens;
using engine::TokenId;
using engine::text::Transcript;

using Ids = std::vector<TokenId>;

namespace {

// Start 7, two rows 8, end 9, between two ids of text.
Transcript withPicture()
{
    return {{1, 7, 8, 8, 9, 2}, {{1, {SoftTokens::Source::Image, 2, nullptr}}}};
}

}  // namespace

// Ids and media stay together, whatever is added and cut.
class TranscriptTest : public QObject {
    Q_OBJECT

private slots:
    void whatIsAppendedKeepsItsMedia();
    void aCutThroughMediaTakesThemWhole_data();
    void aCutThroughMediaTakesThemWhole();
    void aCutTakesEverythingBehindIt();
    void onlyAnEndOfMediaIsAnEnd();
};

void TranscriptTest::whatIsAppendedKeepsItsMedia()
{
    Transcript all = withPicture();
    all.append(withPicture());
    QCOMPARE(all.ids, (Ids{1, 7, 8, 8, 9, 2, 1, 7, 8, 8, 9, 2}));
    QCOMPARE(all.media.size(), std::size_t{2});
    for (const engine::text::MediaSpan& span : all.media) {
        QCOMPARE(all.ids.at(span.first), 7U);
        QCOMPARE(all.ids.at(span.firstRow()), 8U);
        QCOMPARE(all.ids.at(span.last()), 9U);
    }
}

void TranscriptTest::aCutThroughMediaTakesThemWhole_data()
{
    QTest::addColumn<uint>("length");
    QTest::addColumn<uint>("left");
    QTest::addColumn<uint>("media");
    QTest::newRow("nothing") << 6u << 6u << 1u;
    QTest::newRow("more than there is") << 9u << 6u << 1u;
    QTest::newRow("text behind it") << 5u << 5u << 1u;
    QTest::newRow("the end") << 4u << 1u << 0u;
    QTest::newRow("a row") << 3u << 1u << 0u;
    QTest::newRow("every row") << 2u << 1u << 0u;
    QTest::newRow("all of it") << 1u << 1u << 0u;
    QTest::newRow("text before it") << 0u << 0u << 0u;
}

void TranscriptTest::aCutThroughMediaTakesThemWhole()
{
    QFETCH(const uint, length);
    QFETCH(const uint, left);
    QFETCH(const uint, media);
    Transcript transcript = withPicture();
    transcript.truncate(length);
    QCOMPARE(transcript.length(), left);
    QCOMPARE(transcript.media.size(), std::size_t{media});
}

void TranscriptTest::aCutTakesEverythingBehindIt()
{
    Transcript all = withPicture();
    all.append(withPicture());
    all.append(withPicture());
    all.truncate(8);
    QCOMPARE(all.ids, (Ids{1, 7, 8, 8, 9, 2, 1}));
    QCOMPARE(all.media.size(), std::size_t{1});
    all.truncate(0);
    QVERIFY(all.ids.empty() && all.media.empty());
}

void TranscriptTest::onlyAnEndOfMediaIsAnEnd()
{
    Transcript transcript = withPicture();
    QVERIFY(!transcript.endsInMedia());
    transcript.truncate(5);
    QVERIFY(transcript.endsInMedia());
    QVERIFY(!Transcript{}.endsInMedia());
}

QTEST_GUILESS_MAIN(TranscriptTest)
#include "transcript_test.moc"
