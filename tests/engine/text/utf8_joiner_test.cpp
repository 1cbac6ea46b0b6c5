#include <string>
#include <string_view>

#include <QTest>

#include "engine/text/utf8_joiner.h"

using engine::text::toValidUtf8;
using engine::text::Utf8Joiner;

namespace {

const std::string kReplacement = "\xEF\xBF\xBD";

// The joined text of `bytes` cut into two at `cut`.
std::string joinedInTwo(std::string_view bytes, std::size_t cut)
{
    Utf8Joiner joiner;
    std::string text = joiner.push(bytes.substr(0, cut));
    text += joiner.push(bytes.substr(cut));
    return text + joiner.finish();
}

std::string joinedByteByByte(std::string_view bytes)
{
    Utf8Joiner joiner;
    std::string text;
    for (const char byte : bytes)
        text += joiner.push({&byte, 1});
    return text + joiner.finish();
}

}  // namespace

class Utf8JoinerTest : public QObject {
    Q_OBJECT

private slots:
    void everySplitGivesTheSameText_data();
    void everySplitGivesTheSameText();
    void unfinishedCharactersWait();
    void everyCharacterIsValid();
    void everyTwoBytesMatchTheStandard();
};

void Utf8JoinerTest::everySplitGivesTheSameText_data()
{
    QTest::addColumn<std::string>("bytes");
    QTest::addColumn<std::string>("text");
    const auto row = [](const char* name, const std::string& bytes, const std::string& text) {
        QTest::newRow(name) << bytes << text;
    };
    const std::string& bad = kReplacement;

    row("nothing", "", "");
    row("one to four bytes", "aé€😀z", "aé€😀z");
    row("the edges of each length",
        "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
        "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
    row("around the surrogates", "\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80");
    row("null bytes", std::string("a\0é\0", 5), std::string("a\0é\0", 5));
    row("a lone following byte", "a\x80z", "a" + bad + "z");
    row("bytes that are never used", "\xC0\xC1\xF5\xFF", bad + bad + bad + bad);
    row("overlong slash, two bytes", "\xC0\xAF", bad + bad);
    row("overlong slash, three bytes", "\xE0\x80\xAF", bad + bad + bad);
    row("overlong slash, four bytes", "\xF0\x80\x80\xAF", bad + bad + bad + bad);
    row("a surrogate", "\xED\xA0\x80", bad + bad + bad);
    row("above U+10FFFF", "\xF4\x90\x80\x80", bad + bad + bad + bad);
    row("truncated, then a letter", "\xE2\x82g\xF0\x9F\x98g\xC3g",
        bad + "g" + bad + "g" + bad + "g");
    row("truncated, then a character", "\xE2\x82\xC3\xA9", bad + "é");
    row("truncated two at the end", "a\xC3", "a" + bad);
    row("truncated three at the end", "a\xE2\x82", "a" + bad);
    row("truncated four at the end", "a\xF0\x9F\x98", "a" + bad);
    // The Unicode Standard's own examples, tables 3-9 to 3-11 of version 15.
    row("table 3-9", "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41",
        bad + bad + bad + bad + bad + bad + bad + bad + "A");
    row("table 3-10", "\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41",
        bad + bad + bad + bad + bad + bad + bad + bad + "A");
    row("table 3-11", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", bad + bad + bad + bad + "A");
}

void Utf8JoinerTest::everySplitGivesTheSameText()
{
    QFETCH(const std::string, bytes);
    QFETCH(const std::string, text);

    for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
        QCOMPARE(joinedInTwo(bytes, cut), text);
    QCOMPARE(joinedByteByByte(bytes), text);
    QCOMPARE(toValidUtf8(bytes), text);
}

void Utf8JoinerTest::unfinishedCharactersWait()
{
    Utf8Joiner joiner;
    QCOMPARE(joiner.push("a\xF0"), std::string("a"));
    QCOMPARE(joiner.push("\x9F"), std::string());
    QCOMPARE(joiner.push("\x98"), std::string());
    QCOMPARE(joiner.push("\x80g\xC3"), std::string("😀g"));
    QCOMPARE(joiner.finish(), kReplacement);
    QCOMPARE(joiner.finish(), std::string());
    QCOMPARE(joiner.push("b"), std::string("b"));
}

// Qt's decoder is the witness that nothing valid is replaced.
void Utf8JoinerTest::everyCharacterIsValid()
{
    for (char32_t character = 0; character <= 0x10FFFF; ++character) {
        if (character >= 0xD800 && character <= 0xDFFF)
            continue;
        const std::string bytes = QString::fromUcs4(&character, 1).toUtf8().toStdString();
        if (toValidUtf8(bytes) != bytes)
            QFAIL(qPrintable(QString::number(character, 16)));
    }
}

void Utf8JoinerTest::everyTwoBytesMatchTheStandard()
{
    for (unsigned first = 0; first < 256; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
            const bool isPair = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
            // The start of a longer character is one ill-formed part, not two.
            const bool isStart =
                (first >= 0xE0 && first <= 0xEF && second >= (first == 0xE0 ? 0xA0U : 0x80U) &&
                 second <= (first == 0xED ? 0x9FU : 0xBFU)) ||
                (first >= 0xF0 && first <= 0xF4 && second >= (first == 0xF0 ? 0x90U : 0x80U) &&
                 second <= (first == 0xF4 ? 0x8FU : 0xBFU));
            std::string expected;
            if (isPair)
                expected = bytes;
            else if (isStart)
                expected = kReplacement;
            else {
                expected += first < 0x80 ? bytes.substr(0, 1) : kReplacement;
                expected += second < 0x80 ? bytes.substr(1, 1) : kReplacement;
            }
            QCOMPARE(toValidUtf8(bytes), expected);
        }
    }
}

QTEST_GUILESS_MAIN(Utf8JoinerTest)
#include "utf8_joiner_test.moc"
