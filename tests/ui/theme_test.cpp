#include "ui/theme.h"

#include <QTest>

using ui::Appearance;
using ui::contrastRatio;
using ui::Theme;

class ThemeTest : public QObject {
    Q_OBJECT

private slots:
    void contrastIsThatOfWcag();
    void textCanBeRead_data();
    void textCanBeRead();
    void pagesFollowThePalette();
};

void ThemeTest::contrastIsThatOfWcag()
{
    QCOMPARE(contrastRatio(Qt::black, Qt::white), 21.0);
    QCOMPARE(contrastRatio(Qt::red, Qt::red), 1.0);
    // The grey of which WCAG says that it is just readable on white.
    QVERIFY(std::abs(contrastRatio(QColor(0x76, 0x76, 0x76), Qt::white) - 4.54) < 0.01);
}

void ThemeTest::textCanBeRead_data()
{
    QTest::addColumn<QPalette>("palette");

    QTest::newRow("light") << ui::paletteFor(Appearance::Light, {});
    QTest::newRow("dark") << ui::paletteFor(Appearance::Dark, {});
    QTest::newRow("what Qt makes of a dark window") << QPalette(QColor(0x30, 0x30, 0x30));
    QTest::newRow("what Qt makes of a light window") << QPalette(QColor(0xEF, 0xEF, 0xEF));
}

void ThemeTest::textCanBeRead()
{
    QFETCH(const QPalette, palette);
    const Theme theme = Theme::of(palette);
    for (const QColor& background : {theme.page, theme.bubble, theme.field, theme.warning})
        QVERIFY(contrastRatio(theme.text, background) >= 7);
    for (const QColor& background : {theme.page, theme.bubble, theme.field})
        QVERIFY(contrastRatio(theme.secondaryText, background) >= 4.5);
    QVERIFY(contrastRatio(theme.link, theme.page) >= 4.5);
    QVERIFY(contrastRatio(theme.accentText, theme.accent) >= 4.5);
}

void ThemeTest::pagesFollowThePalette()
{
    QVERIFY(Theme::of(ui::paletteFor(Appearance::Light, {})).page.lightness() > 200);
    QVERIFY(Theme::of(ui::paletteFor(Appearance::Dark, {})).page.lightness() < 60);
    const QPalette system(QColor(1, 2, 3));
    QCOMPARE(ui::paletteFor(Appearance::System, system), system);
}

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
