#include "ui/media.h"

namespace ui {

QString nameOf(const Medium& medium)
{
    return std::visit([](const auto& one) { return one.name; }, medium);
}

bool isRead(const Medium& medium)
{
    if (const auto* picture = std::get_if<Picture>(&medium))
        return !picture->image.isNull();
    return !std::get<Sound>(medium).samples.isEmpty();
}

}  // namespace ui
