// The sounds of ConversationView: widgets on its messages.

#include <algorithm>

#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/sound_bar.h"

namespace ui {

void ConversationView::setPlayback(const Playback& playback)
{
    m_playback = playback;
    for (const auto& [place, bar] : m_soundBars)
        bar->setPlayback(playback);
}

// What is on the screen has a bar, and nothing else.
void ConversationView::placeSounds()
{
    std::map<std::pair<int, int>, SoundBar*> shown;
    const QRect screen = viewport()->rect();
    for (int row = std::max(0, rowAt(screen.topLeft()));
         row < m_model->count() && rowRect(row).top() <= screen.bottom(); ++row) {
        const QVector<Medium>& media = m_model->row(row).media;
        for (int i = 0; i < media.size(); ++i) {
            const auto* sound = std::get_if<Sound>(&media[i]);
            if (!sound)
                continue;
            SoundBar* bar = soundBar(row, i);
            bar->setSound(*sound);
            bar->setPlayback(m_playback);
            bar->setGeometry(mediumRect(row, i).toRect());
            bar->show();
            shown[{row, i}] = bar;
        }
    }
    for (const auto& [place, bar] : m_soundBars) {
        if (shown.count(place) == 0) {
            bar->hide();
            bar->deleteLater();
        }
    }
    m_soundBars = std::move(shown);
}

SoundBar* ConversationView::soundBar(int row, int medium)
{
    if (const auto known = m_soundBars.find({row, medium}); known != m_soundBars.end())
        return known->second;
    auto* bar = new SoundBar(viewport());
    connect(bar, &SoundBar::playRequested, this, &ConversationView::playRequested);
    connect(bar, &SoundBar::stopRequested, this, &ConversationView::playStopRequested);
    return bar;
}

}  // namespace ui
