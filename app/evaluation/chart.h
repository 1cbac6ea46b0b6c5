#pragma once

#include <filesystem>

#include "app/evaluation/results.h"
#include "engine/result.h"

class QPainter;
class QPalette;
class QRectF;

namespace app::evaluation {

// The picture of quality against speed: a point for each size with its name; right is faster, up is
// better. Quality is the share of exact answers, or the perplexity of the text where no answers
// were expected, with the axis turned round, since less is better. Sizes without a speed or a
// quality are left out; where that is all of them, a sentence says so.
//
// Every colour is the palette's: what is written has its contrast on its own background.
void paintChart(QPainter& painter, const QRectF& area, const QPalette& palette,
                const Report& report);

// The same, dark on white, as a PNG file of 960 × 600 pixels. Needs no display and no application.
// Fails with InvalidInput where the file cannot be written.
engine::Result<void> saveChart(const Report& report, const std::filesystem::path& file);

}  // namespace app::evaluation
