#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

namespace ui {

// Distances in device-independent pixels; one scale for the whole window.
constexpr int kSpaceSmall = 4;
constexpr int kSpace = 8;
constexpr int kSpaceLarge = 16;
constexpr int kSpaceHuge = 24;
constexpr int kRadius = 12;
constexpr int kBubblePaddingX = 14;
constexpr int kBubblePaddingY = 9;
constexpr qreal kReadingScale = 1.08;  // of the font of what is read and written
constexpr int kReadingWidth = 760;     // longer lines are hard to follow

// Every colour of the window, made from the palette so that a dark one gives a dark window.
struct Theme {
    QColor page;           // behind the conversation
    QColor text;           // on `page`, `bubble` and `field`
    QColor secondaryText;  // labels and states, on the same
    QColor bubble;         // behind what the person said
    QColor field;          // behind what can be typed in, and code
    QColor border;
    QColor waveform;  // of a sound, where it has not been played yet
    QColor accent;
    QColor accentText;  // on `accent`
    QColor link;
    QColor loud;     // of a level near full scale, on `field`
    QColor warning;  // behind a sentence that says what went wrong; `text` is written on it

    static Theme of(const QPalette& palette);
};

enum class Appearance { System, Light, Dark };

// The palette for an appearance; `system` is what the desktop gave.
QPalette paletteFor(Appearance appearance, const QPalette& system);

// The font for what is read and written, larger than that of menus.
QFont readingFont();

// As WCAG 2 defines it: 1 for equal colours, 21 for black on white; text wants 4.5.
double contrastRatio(const QColor& first, const QColor& second);

}  // namespace ui
