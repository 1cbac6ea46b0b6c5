#include "tests/support/picture.h"

#include <QImage>

namespace tests {

engine::Image readPicture(const std::string& path)
{
    const QImage image =
        QImage(QString::fromStdString(path)).convertToFormat(QImage::Format_RGB888);
    engine::Image picture;
    picture.width = static_cast<std::uint32_t>(image.width());
    picture.height = static_cast<std::uint32_t>(image.height());
    for (int y = 0; y < image.height(); ++y) {
        const uchar* row = image.constScanLine(y);
        picture.rgb.insert(picture.rgb.end(), row, row + 3 * image.width());
    }
    return picture;
}

}  // namespace tests
