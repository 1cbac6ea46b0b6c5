#include "ui/status_line.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>

#include "ui/elided_label.h"
#include "ui/size_control.h"
#include "ui/theme.h"

namespace ui {

StatusLine::StatusLine(QWidget* parent)
    : QWidget(parent)
    , m_model(nullptr)
    , m_size(new SizeControl(this))
    , m_sizeReason(nullptr)
    , m_device(nullptr)
    , m_speed(nullptr)
    , m_context(nullptr)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kSpaceLarge, kSpaceSmall, kSpaceLarge, kSpaceSmall);
    row->setSpacing(kSpaceHuge);
    m_model = addLabel(tr("Model"), new ElidedLabel(this));
    m_size->setFont(m_model->font());
    row->addWidget(m_size);
    auto* reason = new ElidedLabel(this);
    reason->setElideMode(Qt::ElideRight);
    m_sizeReason = addLabel(tr("Why this size"), reason);
    m_device = addLabel(tr("Device"), new ElidedLabel(this));
    // They have what the others leave, first the sentence, then the name.
    row->setStretchFactor(m_sizeReason, 100);
    row->setStretchFactor(m_device, 1);
    row->addStretch();
    m_speed = addLabel(tr("Speed"), new QLabel(this));
    m_context = addLabel(tr("Context"), new QLabel(this));
    setModel({});
    setSizeReason({});
    setContext(0, 0);
}

void StatusLine::setModel(const QString& model)
{
    m_model->setText(model.isEmpty() ? tr("No model is open") : model);
    m_model->setToolTip(m_model->text());
}

void StatusLine::setDevice(const QString& device)
{
    m_device->setText(device);
    m_device->setMaximumWidth(m_device->sizeHint().width());
    m_device->setToolTip(device);
}

void StatusLine::setSizeReason(const QString& sentence)
{
    m_sizeReason->setText(sentence);
    m_sizeReason->setMaximumWidth(m_sizeReason->sizeHint().width());
    m_sizeReason->setToolTip(sentence);
    m_sizeReason->setVisible(!sentence.isEmpty());
}

void StatusLine::setSpeed(double tokensPerSecond)
{
    m_speed->setText(tokensPerSecond > 0
                         ? tr("%1 tokens/s").arg(QLocale().toString(tokensPerSecond, 'f', 1))
                         : QString());
}

void StatusLine::setContext(quint32 used, quint32 capacity)
{
    const QLocale locale;
    m_context->setText(
        capacity > 0 ? tr("Context: %1 of %2").arg(locale.toString(used), locale.toString(capacity))
                     : QString());
    m_context->setToolTip(
        tr("Tokens of this conversation that the model holds, of at most so many"));
}

QString StatusLine::text() const
{
    QStringList parts;
    for (const QLabel* label : {m_model, m_sizeReason, m_device, m_speed, m_context}) {
        if (!label->text().isEmpty())
            parts << label->text();
    }
    return parts.join(u" · ");
}

QLabel* StatusLine::addLabel(const QString& name, QLabel* label)
{
    label->setTextFormat(Qt::PlainText);
    label->setAccessibleName(name);
    QFont small = label->font();
    small.setPointSizeF(small.pointSizeF() * 0.92);
    label->setFont(small);
    layout()->addWidget(label);
    return label;
}

}  // namespace ui
