#include "ui/notice_bar.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/button.h"
#include "ui/theme.h"

namespace ui {

namespace {

QString labelOf(Remedy remedy)
{
    switch (remedy) {
    case Remedy::OpenModel:
        return NoticeBar::tr("Open model…");
    case Remedy::ReloadModel:
        return NoticeBar::tr("Reload model");
    case Remedy::ReplaceModel:
        return NoticeBar::tr("Close the open model and try again");
    case Remedy::NewChat:
        return NoticeBar::tr("New chat");
    case Remedy::AnswerAgain:
        return NoticeBar::tr("Answer again");
    case Remedy::Transcribe:
        return NoticeBar::tr("Transcribe it");
    }
    return {};
}

}  // namespace

NoticeBar::NoticeBar(QWidget* parent)
    : QFrame(parent)
    , m_text(new QLabel(this))
    , m_buttons(new QWidget(this))
    , m_buttonRow(new QHBoxLayout(m_buttons))
{
    setObjectName("notice");
    m_text->setObjectName("noticeText");
    m_text->setAccessibleName(tr("Notice"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_buttonRow->setContentsMargins(0, 0, 0, 0);
    m_buttonRow->setSpacing(kSpace);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kSpaceLarge, kSpace + kSpaceSmall, kSpace, kSpace + kSpaceSmall);
    column->setSpacing(kSpace);
    auto* top = new QHBoxLayout;
    auto* close = new Button(QStringLiteral("✕"), Button::Emphasis::Quiet, this);
    close->setAccessibleName(tr("Dismiss the notice"));
    close->setToolTip(tr("Dismiss"));
    connect(close, &QPushButton::clicked, this, &QWidget::hide);
    top->addWidget(m_text, 1);
    top->addWidget(close, 0, Qt::AlignTop);
    column->addLayout(top);
    column->addWidget(m_buttons, 0, Qt::AlignLeft);
    hide();
}

void NoticeBar::showNotice(const QString& text, const QVector<Remedy>& remedies)
{
    m_text->setText(text);
    m_text->setAccessibleDescription(text);
    qDeleteAll(m_buttons->findChildren<Button*>(QString(), Qt::FindDirectChildrenOnly));
    for (const Remedy remedy : remedies) {
        auto* button = new Button(labelOf(remedy), Button::Emphasis::Plain, m_buttons);
        m_buttonRow->addWidget(button);
        // Queued: what is done about it may replace this very button.
        connect(
            button, &QPushButton::clicked, this, [this, remedy] { emit remedyChosen(remedy); },
            Qt::QueuedConnection);
    }
    m_buttons->setVisible(!remedies.isEmpty());
    show();
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

QString NoticeBar::text() const
{
    return m_text->text();
}

void NoticeBar::paintEvent(QPaintEvent* /*event*/)
{
    const Theme theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(theme.warning);
    painter.setPen(theme.border);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), kRadius, kRadius);
}

}  // namespace ui
