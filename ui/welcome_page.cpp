#include "ui/welcome_page.h"

#include <QGridLayout>
#include <QGuiApplication>
#include <QIcon>
#include <QLabel>
#include <QScrollBar>
#include <QVBoxLayout>

#include "ui/button.h"
#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kIconSize = 72;
constexpr int kTextWidth = 460;

QLabel* makeText(QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    return label;
}

}  // namespace

WelcomePage::WelcomePage(QWidget* parent)
    : QScrollArea(parent)
    , m_text(nullptr)
    , m_examples(new QWidget)
    , m_exampleColumn(new QVBoxLayout(m_examples))
    , m_offer(new QWidget)
    , m_open(new Button(tr("Open Gemma 3n…"), Button::Emphasis::Primary))
{
    setAccessibleName(tr("Welcome"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setFocusPolicy(Qt::NoFocus);
    verticalScrollBar()->setAccessibleName(tr("Scroll the welcome page"));
    horizontalScrollBar()->setAccessibleName(tr("Scroll the welcome page sideways"));
    auto* page = new QWidget;
    page->setBackgroundRole(QPalette::Base);
    page->setAutoFillBackground(true);
    m_text = makeText(page);
    m_text->setObjectName("welcomeText");

    auto* icon = new QLabel(page);
    icon->setPixmap(QGuiApplication::windowIcon().pixmap(kIconSize, kIconSize));
    icon->setAlignment(Qt::AlignCenter);
    auto* title = new QLabel(tr("Nestling"), page);
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 1.7);
    large.setWeight(QFont::DemiBold);
    title->setFont(large);
    title->setAlignment(Qt::AlignCenter);

    m_exampleColumn->setContentsMargins(0, 0, 0, 0);
    m_exampleColumn->setSpacing(kSpace);

    auto* offer = new QVBoxLayout(m_offer);
    offer->setContentsMargins(0, kSpaceLarge, 0, 0);
    offer->setSpacing(kSpace);
    auto* how = makeText(m_offer);
    how->setText(tr("For everything else open Gemma 3n: a GGUF file, or the folder as it is "
                    "published on Hugging Face (google/gemma-3n-E2B-it)."));
    m_open->setObjectName("openGemma");
    offer->addWidget(how);
    offer->addWidget(m_open, 0, Qt::AlignCenter);
    connect(m_open, &QPushButton::clicked, this, &WelcomePage::openModelRequested);

    auto* middle = new QWidget(page);
    middle->setMaximumWidth(kTextWidth);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, kSpaceLarge, 0, kSpaceLarge);
    column->setSpacing(kSpaceLarge);
    for (QWidget* part : std::initializer_list<QWidget*>{icon, title, m_text, m_examples, m_offer})
        column->addWidget(part);
    auto* centre = new QGridLayout(page);
    centre->addWidget(middle, 1, 1);
    for (const int side : {0, 2}) {
        centre->setRowStretch(side, 1);
        centre->setColumnStretch(side, 1);
    }
    centre->setColumnStretch(1, 100);
    setWidget(page);
    showText({}, {}, false);
}

void WelcomePage::showText(const QString& text, const QStringList& examples, bool offersGemma)
{
    m_text->setText(text);
    qDeleteAll(m_examples->findChildren<Button*>(QString(), Qt::FindDirectChildrenOnly));
    for (const QString& example : examples) {
        auto* button = new Button(example, Button::Emphasis::Plain, m_examples);
        button->setAccessibleName(tr("Ask: %1").arg(example));
        m_exampleColumn->addWidget(button, 0, Qt::AlignHCenter);
        connect(
            button, &QPushButton::clicked, this, [this, example] { emit exampleChosen(example); },
            Qt::QueuedConnection);
    }
    m_examples->setVisible(!examples.isEmpty());
    m_offer->setVisible(offersGemma);
}

void WelcomePage::setExamplesEnabled(bool enabled)
{
    m_examples->setEnabled(enabled);
}

}  // namespace ui
