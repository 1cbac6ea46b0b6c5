#include <QApplication>
#include <QDrag>
#include <QFileInfo>
#include <QLabel>
#include <QMimeData>
#include <QMouseEvent>
#include <QUrl>

// A file manager as far as a drag goes: a window out of which the files named on the command line
// can be dragged.
class DragSource : public QLabel {
public:
    explicit DragSource(const QStringList& files) : QLabel(QStringLiteral("Drag me"))
    {
        for (const QString& file : files)
            m_urls << QUrl::fromLocalFile(QFileInfo(file).absoluteFilePath());
        setWindowTitle(QStringLiteral("DragSource"));
        setFixedSize(120, 80);
    }

protected:
    void mouseMoveEvent(QMouseEvent* event) override
    {
        if (!(event->buttons() & Qt::LeftButton))
            return;
        auto* files = new QMimeData;
        files->setUrls(m_urls);
        auto* drag = new QDrag(this);
        drag->setMimeData(files);
        drag->exec(Qt::CopyAction | Qt::MoveAction);
    }

private:
    QList<QUrl> m_urls;
};

int main(int argc, char* argv[])
{
    QApplication application(argc, argv);
    DragSource source(QApplication::arguments().mid(1));
    source.move(0, 0);
    source.show();
    return QApplication::exec();
}
