#include "ui/picture_viewer.h"

#include <QGuiApplication>
#include <QMouseEvent>
#include <QPainter>
#include <QScreen>

#include "ui/theme.h"

namespace ui {

namespace {

constexpr double kShareOfScreen = 0.8;
constexpr QSize kLeast(240, 180);

}  // namespace

PictureViewer::PictureViewer(const Picture& picture, QWidget* parent)
    : QDialog(parent)
    , m_picture(picture)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(picture.name);
    setAccessibleName(tr("Picture: %1").arg(picture.name));
    setAccessibleDescription(tr("Escape closes it."));
    setSizeGripEnabled(false);
    const QScreen* screen = parent ? parent->screen() : QGuiApplication::primaryScreen();
    const QSize most = screen->availableSize() * kShareOfScreen;
    const QSize size = picture.image.size();
    resize((size.boundedTo(most) == size ? size : size.scaled(most, Qt::KeepAspectRatio))
               .expandedTo(kLeast));
}

QRectF PictureViewer::place() const
{
    QRectF place({}, QSizeF(m_picture.image.size()).scaled(size(), Qt::KeepAspectRatio));
    place.moveCenter(QRectF(rect()).center());
    return place;
}

void PictureViewer::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    painter.fillRect(rect(), Theme::of(palette()).page);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(place(), m_picture.image);
}

void PictureViewer::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        close();
}

}  // namespace ui
