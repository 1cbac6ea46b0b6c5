#include "ui/theme.h"

#include <QGuiApplication>
#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr double kReadableContrast = 4.5;
constexpr double kPaleContrast = 2.5;

QColor mix(const QColor& from, const QColor& to, double share)
{
    const auto channel = [share](int a, int b) {
        return static_cast<int>(std::lround(a + (b - a) * share));
    };
    return {channel(from.red(), to.red()), channel(from.green(), to.green()),
            channel(from.blue(), to.blue())};
}

double luminance(const QColor& color)
{
    const auto linear = [](double value) {
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
           0.0722 * linear(color.blueF());
}

// Moves `color` towards `text` until it can be read on `background`.
QColor readable(QColor color, const QColor& text, const QColor& background)
{
    constexpr int kSteps = 20;
    for (int step = 0; step < kSteps; ++step) {
        const QColor candidate = mix(color, text, static_cast<double>(step) / kSteps);
        if (contrastRatio(candidate, background) >= kReadableContrast)
            return candidate;
    }
    return text;
}

QColor contrasting(const QColor& color)
{
    return color.lightness() > 127 ? Qt::black : Qt::white;
}

QPalette makePalette(const QColor& window, const QColor& base, const QColor& text,
                     const QColor& button, const QColor& highlight, const QColor& link)
{
    QPalette palette(button, window);
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, mix(base, text, 0.05));
    palette.setColor(QPalette::Button, button);
    palette.setColor(QPalette::ToolTipBase, base);
    palette.setColor(QPalette::Highlight, highlight);
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, link);
    palette.setColor(QPalette::PlaceholderText, mix(text, base, 0.35));
    for (const QPalette::ColorRole role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText}) {
        palette.setColor(role, text);
        palette.setColor(QPalette::Disabled, role, mix(text, window, 0.5));
    }
    return palette;
}

}  // namespace

Theme Theme::of(const QPalette& palette)
{
    Theme theme;
    theme.page = palette.color(QPalette::Base);
    theme.text = palette.color(QPalette::Text);
    // White on the accent, darkened as far as that needs; a pale accent gets black.
    const QColor highlight = palette.color(QPalette::Highlight);
    theme.accentText = contrastRatio(Qt::white, highlight) > kPaleContrast ? Qt::white : Qt::black;
    theme.accent = readable(highlight, contrasting(theme.accentText), theme.accentText);
    theme.bubble = mix(theme.page, theme.accent, 0.14);
    theme.field = mix(theme.page, theme.text, 0.04);
    theme.border = mix(theme.page, theme.text, 0.18);
    theme.waveform = mix(theme.bubble, theme.text, 0.38);
    theme.loud = QColor(0xD6, 0x4A, 0x2E);
    theme.warning = mix(theme.page, QColor(0xE0, 0x8A, 0x1E), 0.18);
    theme.secondaryText = readable(mix(theme.text, theme.page, 0.35), theme.text, theme.bubble);
    theme.link = readable(palette.color(QPalette::Link), theme.text, theme.page);
    return theme;
}

QPalette paletteFor(Appearance appearance, const QPalette& system)
{
    if (appearance == Appearance::Light)
        return makePalette(QColor(0xF4, 0xF3, 0xF0), QColor(0xFD, 0xFC, 0xFA),
                           QColor(0x22, 0x24, 0x28), QColor(0xEC, 0xEA, 0xE5),
                           QColor(0x2F, 0x6F, 0xB5), QColor(0x1F, 0x5F, 0xA8));
    if (appearance == Appearance::Dark)
        return makePalette(QColor(0x24, 0x26, 0x29), QColor(0x1B, 0x1D, 0x20),
                           QColor(0xE6, 0xE6, 0xE4), QColor(0x34, 0x37, 0x3B),
                           QColor(0x3D, 0x7E, 0xC4), QColor(0x7C, 0xB4, 0xF0));
    return system;
}

QFont readingFont()
{
    QFont font = QGuiApplication::font();
    font.setPointSizeF(font.pointSizeF() * kReadingScale);
    return font;
}

double contrastRatio(const QColor& first, const QColor& second)
{
    const double a = luminance(first);
    const double b = luminance(second);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

}  // namespace ui
