#include "app/picture_file.h"

#include <QLoggingCategory>

#include "app/conversion.h"
#include "app/image_file.h"

namespace app {

engine::Result<engine::Image> readPicture(const std::filesystem::path& file)
{
    // Qt's plugins would say in their own words on standard error what the sentence says.
    QLoggingCategory::setFilterRules(QStringLiteral("qt.gui.imageio*=false"));
    ENGINE_TRY(const QImage image, readImageFile(toText(file)));
    return toImage(image);
}

}  // namespace app
