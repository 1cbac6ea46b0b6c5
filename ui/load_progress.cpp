#include "ui/load_progress.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>

#include "ui/button.h"
#include "ui/elided_label.h"
#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kBarSteps = 1000;
constexpr int kBarHeight = 6;

QString timeText(std::chrono::milliseconds left)
{
    const auto seconds = (left.count() + 999) / 1000;
    return seconds < 90 ? LoadProgress::tr("about %1 s left").arg(seconds)
                        : LoadProgress::tr("about %1 min left").arg((seconds + 30) / 60);
}

}  // namespace

QString progressText(quint64 bytesDone, quint64 bytesTotal, std::chrono::milliseconds elapsed)
{
    const QLocale locale;
    const auto size = [&locale](quint64 bytes) {
        return locale.formattedDataSize(static_cast<qint64>(bytes), 1,
                                        QLocale::DataSizeTraditionalFormat);
    };
    QString bytes = LoadProgress::tr("%1 of %2").arg(size(bytesDone), size(bytesTotal));
    if (elapsed < std::chrono::seconds(1) || bytesDone == 0 || bytesDone >= bytesTotal)
        return bytes;
    const double perByte = static_cast<double>(elapsed.count()) / static_cast<double>(bytesDone);
    const auto left = static_cast<std::chrono::milliseconds::rep>(
        perByte * static_cast<double>(bytesTotal - bytesDone));
    return LoadProgress::tr("%1, %2").arg(bytes, timeText(std::chrono::milliseconds(left)));
}

LoadProgress::LoadProgress(QWidget* parent)
    : QFrame(parent)
    , m_title(new ElidedLabel(this))
    , m_detail(new QLabel(this))
    , m_bar(new QProgressBar(this))
{
    setObjectName("loadProgress");
    m_title->setTextFormat(Qt::PlainText);
    m_detail->setObjectName("loadDetail");
    m_bar->setAccessibleName(tr("Progress of opening the model"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(kBarHeight);
    auto* cancel = new Button(tr("Cancel"), Button::Emphasis::Plain, this);
    cancel->setObjectName("cancelLoad");
    cancel->setAccessibleName(tr("Cancel opening the model"));
    connect(cancel, &QPushButton::clicked, this, &LoadProgress::cancelRequested);

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(kSpace, 0, 0, 0);
    grid->setHorizontalSpacing(kSpaceLarge);
    grid->setVerticalSpacing(kSpaceSmall);
    grid->addWidget(m_title, 0, 0);
    grid->addWidget(m_detail, 0, 1);
    grid->addWidget(m_bar, 1, 0, 1, 2);
    grid->addWidget(cancel, 0, 2, 2, 1, Qt::AlignVCenter);
    grid->setColumnStretch(0, 1);
    hide();
}

void LoadProgress::begin(const QString& modelName)
{
    m_title->setText(tr("Opening %1…").arg(modelName));
    m_title->setToolTip(modelName);
    m_detail->clear();
    m_bar->setRange(0, 0);  // busy, until the first number
    m_started.start();
    show();
}

void LoadProgress::setProgress(quint64 bytesDone, quint64 bytesTotal)
{
    if (bytesTotal == 0)
        return;
    m_bar->setRange(0, kBarSteps);
    m_bar->setValue(static_cast<int>(static_cast<double>(bytesDone) /
                                     static_cast<double>(bytesTotal) * kBarSteps));
    m_detail->setText(
        progressText(bytesDone, bytesTotal, std::chrono::milliseconds(m_started.elapsed())));
}

}  // namespace ui
