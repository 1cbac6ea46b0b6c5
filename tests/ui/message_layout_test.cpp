#include "ui/message_layout.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

using ui::cuttingPlaces;
using ui::MessageLayout;
using ui::TextKind;

class MessageLayoutTest : public QObject {
    Q_OBJECT

private slots:
    void cutsAtTheLastParagraph_data();
    void cutsAtTheLastParagraph();
    void streamedTextIsShownAsIfItHadComeAtOnce_data();
    void streamedTextIsShownAsIfItHadComeAtOnce();
    void aLongAnswerGrowsCheaply();
    void htmlIsShownAsWritten();
    void picturesAreToldAndNotLoaded();
    void plainTextKeepsItsSigns();
    void positionsSpanAllPieces();
    void linksAreFound();

private:
    std::unique_ptr<MessageLayout> make(TextKind kind, const QString& text) const;
    QString shown(const MessageLayout& layout) const;
};

std::unique_ptr<MessageLayout> MessageLayoutTest::make(TextKind kind, const QString& text) const
{
    auto layout =
        std::make_unique<MessageLayout>(kind, QFont(), ui::Theme::of(QGuiApplication::palette()));
    layout->setWidth(400);
    layout->setText(text);
    return layout;
}

QString MessageLayoutTest::shown(const MessageLayout& layout) const
{
    return layout.shownText(0, layout.length());
}

void MessageLayoutTest::cutsAtTheLastParagraph_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("settled");

    QTest::newRow("empty") << ""
                           << "";
    QTest::newRow("one paragraph") << "one\ntwo"
                                   << "";
    QTest::newRow("two paragraphs") << "one\n\ntwo"
                                    << "one\n\n";
    QTest::newRow("the blank line alone decides nothing") << "one\n\n"
                                                          << "";
    QTest::newRow("a list goes on") << "- a\n\n- b"
                                    << "";
    QTest::newRow("a numbered list goes on") << "1. a\n\n2. b"
                                             << "";
    QTest::newRow("a digit alone may become a list") << "one\n\n2"
                                                     << "";
    QTest::newRow("a number in a sentence") << "one\n\n2 birds"
                                            << "one\n\n";
    QTest::newRow("an indented paragraph belongs to its list") << "- a\n\n  more"
                                                               << "";
    QTest::newRow("bold words are no list") << "one\n\n**two"
                                            << "one\n\n";
    QTest::newRow("a star alone may become a list") << "one\n\n*"
                                                    << "";
    QTest::newRow("blank lines in code") << "```\na\n\nb"
                                         << "";
    QTest::newRow("code begins") << "So:\n```\na"
                                 << "So:\n";
    QTest::newRow("code in a list") << "- a\n  ```\n  b\n  ```"
                                    << "";
    QTest::newRow("right after code") << "```\na\n```\nb"
                                      << "```\na\n```\n";
    QTest::newRow("backticks around words") << "```a``` is code"
                                            << "";
    QTest::newRow("after code") << "```\na\n\nb\n```\n\nc"
                                << "```\na\n\nb\n```\n\n";
}

void MessageLayoutTest::cutsAtTheLastParagraph()
{
    QFETCH(const QString, text);
    QFETCH(const QString, settled);
    const auto places = cuttingPlaces(text);
    QCOMPARE(text.left(places.empty() ? 0 : places.back()), settled);
}

void MessageLayoutTest::streamedTextIsShownAsIfItHadComeAtOnce_data()
{
    QTest::addColumn<QString>("text");

    QTest::newRow("paragraphs") << "First **bold** words.\n\nSecond, *slanted*.\n\nThird.";
    QTest::newRow("lists") << "Before:\n\n1. one\n\n2. two\n\nAfter.\n\n- a\n- b\n";
    QTest::newRow("code") << "So:\n\n```cpp\nint a;\n\nint b;\n```\n\nDone.";
    QTest::newRow("table") << "| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter.";
    QTest::newRow("beyond the basic plane") << "Nests \xF0\x9F\xAA\xBA and \xE5\xB7\xA2.\n\nYes.";
}

void MessageLayoutTest::streamedTextIsShownAsIfItHadComeAtOnce()
{
    QFETCH(const QString, text);
    const auto atOnce = make(TextKind::Markdown, text);
    const auto streamed = make(TextKind::Markdown, {});
    for (qsizetype length = 1; length <= text.size(); ++length)
        streamed->setText(text.left(length));
    QCOMPARE(shown(*streamed), shown(*atOnce));
    QCOMPARE(streamed->height(), atOnce->height());
}

void MessageLayoutTest::aLongAnswerGrowsCheaply()
{
    const QString paragraph =
        QStringLiteral("A paragraph with some *words*, as long as they often are in answers. ")
            .repeated(5);
    QString text;
    for (int i = 0; i < 300; ++i)
        text += paragraph + "\n\n";
    const auto layout = make(TextKind::Markdown, text);

    QElapsedTimer timer;
    timer.start();
    constexpr int kChunks = 50;
    for (int i = 0; i < kChunks; ++i) {
        text += " word";
        layout->setText(text);
    }
    // 100,000 characters take 100 ms and more to set; the last paragraph less than one.
    QVERIFY2(timer.elapsed() < 5 * kChunks, qPrintable(QString::number(timer.elapsed())));
}

void MessageLayoutTest::htmlIsShownAsWritten()
{
    const auto layout = make(TextKind::Markdown, "a <b>bold</b> <img src=\"x.png\"> word");
    QVERIFY(shown(*layout).contains("<b>bold</b> <img src=\"x.png\">"));
}

void MessageLayoutTest::picturesAreToldAndNotLoaded()
{
    const QTemporaryDir folder;
    const QString file = folder.filePath("pic.png");
    QImage picture(50, 500, QImage::Format_RGB32);
    picture.fill(Qt::red);
    QVERIFY(picture.save(file));
    const auto layout = make(TextKind::Markdown, "A ![nest](" + file + "), ![](file://" + file +
                                                     ") and ![egg](https://example.org/egg.png).");
    QCOMPARE(shown(*layout), "A [picture: nest],  and [picture: egg].");
    QVERIFY2(layout->height() < 200, "a picture of 500 lines was loaded");
}

void MessageLayoutTest::plainTextKeepsItsSigns()
{
    const QString text = "# not a **heading**\n\n<b>&amp;</b>";
    QCOMPARE(shown(*make(TextKind::Plain, text)), text);
}

void MessageLayoutTest::positionsSpanAllPieces()
{
    const auto layout = make(TextKind::Markdown, "one two\n\nthree four\n\nfive");
    QCOMPARE(layout->positionAt(QPointF(0, 0)), 0);
    const int end = layout->positionAt(QPointF(399, layout->height() - 2));
    QCOMPARE(layout->shownText(0, end), "one two\nthree four\nfive");
    QCOMPARE(layout->shownText(4, 13), "two\nthree");
    const auto [from, to] = layout->wordAt(9);
    QCOMPARE(layout->shownText(from, to), "three");
}

void MessageLayoutTest::linksAreFound()
{
    const auto layout = make(TextKind::Markdown, "[a link that is long](https://example.org/)");
    QCOMPARE(layout->linkAt(QPointF(10, 8)), "https://example.org/");
    QCOMPARE(layout->linkAt(QPointF(10, 800)), "");
}

QTEST_MAIN(MessageLayoutTest)
#include "message_layout_test.moc"
