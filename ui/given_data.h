#pragma once

#include <QString>

#include "ui/media.h"

class QMimeData;

// What it is that a drag or the clipboard holds.
namespace ui {

// The path, if it is one file or folder that a model may be in; otherwise empty.
QString modelIn(const QMimeData& data);

// Files if there are any, as they hold more than what programs make of them; else the picture in
// the best format that it is offered in; else an address of the web.
GivenMedia mediaIn(const QMimeData& data);

// Whether it is words to be written, though their address or a picture of them may come along.
bool isText(const QMimeData& data);

// Whether mediaIn() would find something. Asks for no contents, which can take long.
bool holdsMedia(const QMimeData& data);

}  // namespace ui
