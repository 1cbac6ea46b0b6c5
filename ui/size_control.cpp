#include "ui/size_control.h"

#include <QAction>
#include <QActionGroup>
#include <QLabel>
#include <QMenu>
#include <QSlider>
#include <QVBoxLayout>
#include <QWidgetAction>
#include <algorithm>

#include "ui/theme.h"

namespace ui {

namespace {

// A menu takes & for the next letter's shortcut; what stands behind a tab is set to the right.
QString menuText(const QString& name, const QString& effect)
{
    QString text = name;
    text.replace(u'&', QStringLiteral("&&"));
    return effect.isEmpty() ? text : text + u'\t' + effect;
}

}  // namespace

SizeControl::SizeControl(QWidget* parent)
    : Button({}, Emphasis::Quiet, parent)
    , m_menu(new QMenu(this))
    , m_choices(new QActionGroup(this))
    , m_sliderAction(nullptr)
    , m_readsAgain(nullptr)
{
    setObjectName("size");
    setMenu(m_menu);
    addWish(tr("&Quick"), tr("answers that appear at once"), SizeWish::Quick);
    addWish(tr("&Balanced"), tr("as good as can be read along with"), SizeWish::Balanced);
    addWish(tr("B&est"), tr("the whole model, where it can run"), SizeWish::Best);
    m_menu->addSeparator();
    addSlider();
    m_menu->addSeparator();
    m_readsAgain = m_menu->addAction(tr("&Read the conversation again after a change"));
    m_readsAgain->setCheckable(true);
    m_readsAgain->setChecked(true);
    m_readsAgain->setToolTip(
        tr("Exact. Otherwise the new size goes on with what the old one has read, which is faster; "
           "such answers are marked."));
    m_menu->setToolTipsVisible(true);
    connect(m_readsAgain, &QAction::triggered, this, &SizeControl::readsAgainChosen);
    hide();
}

void SizeControl::addWish(const QString& text, const QString& meaning, SizeWish wish)
{
    QAction* action = m_choices->addAction(text + u'\t' + meaning);
    action->setCheckable(true);
    m_menu->addAction(action);
    m_wishActions << action;
    connect(action, &QAction::triggered, this, [this, wish] { emit wishChosen(wish); });
}

void SizeControl::addSlider()
{
    auto* row = new QWidget(m_menu);
    auto* column = new QVBoxLayout(row);
    column->setContentsMargins(kSpaceLarge, kSpaceSmall, kSpaceLarge, kSpaceSmall);
    m_sliderText = new QLabel(row);
    m_sliderText->setTextFormat(Qt::PlainText);
    m_slider = new QSlider(Qt::Horizontal, row);
    m_slider->setObjectName("sizeSlider");
    m_slider->setAccessibleName(tr("Size between those listed"));
    m_slider->setPageStep(4);
    m_useSlider = new Button(tr("Use this size"), Emphasis::Plain, row);
    m_useSlider->setObjectName("useSize");
    column->addWidget(m_sliderText);
    column->addWidget(m_slider);
    column->addWidget(m_useSlider, 0, Qt::AlignRight);
    auto* action = new QWidgetAction(m_menu);
    action->setDefaultWidget(row);
    m_menu->addAction(action);
    m_sliderAction = action;
    connect(m_slider, &QSlider::valueChanged, this, &SizeControl::showBetween);
    connect(m_useSlider, &QPushButton::clicked, this, [this] {
        m_menu->hide();
        emit sizeChosen(m_between[m_slider->value()].name);
    });
}

void SizeControl::setOptions(const QVector<SizeOption>& sizes, const QVector<SizeOption>& between,
                             const QString& hint)
{
    m_sizes = sizes;
    m_between = between;
    fillSizes(hint);
    m_sliderAction->setVisible(between.size() > 1);
    m_readsAgain->setVisible(!between.isEmpty());
    for (QAction* action : m_wishActions)
        action->setVisible(!between.isEmpty());
    const int place = m_slider->value();
    m_slider->setRange(0, std::max<int>(0, static_cast<int>(between.size()) - 1));
    m_slider->setValue(place);
    showBetween(m_slider->value());
    setVisible(!sizes.isEmpty());
}

void SizeControl::fillSizes(const QString& hint)
{
    qDeleteAll(m_sizeActions);
    m_sizeActions.clear();
    const auto insert = [this](QAction* action) {
        m_menu->insertAction(m_sliderAction, action);
        m_sizeActions << action;
    };
    for (const SizeOption& size : m_sizes) {
        const bool canBe = size.refusal.isEmpty();
        auto* action =
            new QAction(menuText(size.name, canBe ? size.effect : tr("cannot be used")), m_choices);
        action->setCheckable(true);
        action->setEnabled(canBe);
        action->setToolTip(canBe ? size.effect : size.refusal);
        action->setData(size.name);
        connect(action, &QAction::triggered, this,
                [this, name = size.name] { emit sizeChosen(name); });
        insert(action);
    }
    if (!hint.isEmpty()) {
        auto* action = new QAction(menuText(hint, {}), m_menu);
        action->setEnabled(false);
        insert(action);
    }
}

void SizeControl::showBetween(int place)
{
    if (place >= m_between.size())
        return;
    const SizeOption& size = m_between[place];
    m_sliderText->setText(size.name + u'\n' + size.effect);
    m_slider->setAccessibleDescription(m_sliderText->text());
}

void SizeControl::setCurrent(const QString& name, std::optional<SizeWish> wish,
                             const QString& reason)
{
    setText(name);
    setToolTip(reason);
    setAccessibleName(tr("Size of the model: %1").arg(name));
    setAccessibleDescription(reason);
    for (qsizetype i = 0; i < m_wishActions.size(); ++i)
        m_wishActions[i]->setChecked(wish && i == static_cast<qsizetype>(*wish));
    for (QAction* action : m_sizeActions)
        action->setChecked(!wish && action->data().toString() == name);
    updateGeometry();
}

void SizeControl::setReadsAgain(bool readsAgain)
{
    m_readsAgain->setChecked(readsAgain);
}

}  // namespace ui
