#include "app/picture_file.h"

#include "app/conversion.h"
#include "app/image_file.h"

namespace app {

engine::Result<engine::Image> readPicture(const std::filesystem::path& file)
{
    ENGINE_TRY(const QImage image, readImageFile(toText(file)));
    return toImage(image);
}

}  // namespace app
