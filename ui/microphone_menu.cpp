#include "ui/microphone_menu.h"

#include <QActionGroup>

namespace ui {

MicrophoneMenu::MicrophoneMenu(QWidget* parent)
    : QMenu(tr("&Microphone"), parent)
    , m_endsAtPause(addAction(tr("A &pause ends what is said")))
    , m_devices(new QActionGroup(this))
{
    setObjectName("microphoneMenu");
    m_endsAtPause->setCheckable(true);
    addSeparator();
    connect(m_endsAtPause, &QAction::triggered, this, &MicrophoneMenu::endsAtPauseChosen);
    connect(this, &QMenu::aboutToShow, this, &MicrophoneMenu::devicesWanted);
    fill();
}

void MicrophoneMenu::setDevices(const QStringList& names)
{
    m_names = names;
    fill();
}

void MicrophoneMenu::setDevice(const QString& name)
{
    m_chosen = name;
    fill();
}

void MicrophoneMenu::setEndsAtPause(bool ends)
{
    m_endsAtPause->setChecked(ends);
}

void MicrophoneMenu::fill()
{
    qDeleteAll(m_devices->actions());
    const auto add = [this](const QString& text, const QString& name) {
        QAction* action = m_devices->addAction(text);
        action->setCheckable(true);
        action->setChecked(name == m_chosen);
        action->setData(name);
        addAction(action);
        connect(action, &QAction::triggered, this, [this, name] { emit deviceChosen(name); });
    };
    const auto shown = [](QString name) { return name.replace(u'&', QStringLiteral("&&")); };
    add(m_names.isEmpty() ? tr("The system's default")
                          : tr("The system's default (%1)").arg(shown(m_names.first())),
        {});
    for (const QString& name : m_names)
        add(shown(name), name);
    if (!m_chosen.isEmpty() && !m_names.contains(m_chosen))
        add(tr("%1, not connected").arg(shown(m_chosen)), m_chosen);
}

}  // namespace ui
