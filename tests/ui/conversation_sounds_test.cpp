#include <QApplication>
#include <QContextMenuEvent>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/sound_bar.h"
#include "ui/waveform.h"

using ui::ConversationModel;
using ui::ConversationView;
using Speaker = ConversationModel::Speaker;
using State = ConversationModel::State;

// Sounds as they stand in messages.
class ConversationSoundsTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void soundsStandInLinesOfTheirOwn();
    void onlyWhatIsOnTheScreenHasABar();
    void playingIsReported();
    void showsWhatIsPlayed();
    void playingGoesOnWhereOneScrollsBack();
    void soundsThatAreReadLaterAppear();
    void removedMessagesLoseTheirBars();
    void tabReachesTheParts();
    void menuKnowsTheSoundBelow();
    void screenReadersHearOfSounds();

private:
    static ui::Sound sound(const QString& name, int seconds)
    {
        return ui::makeSound(name, QVector<qint16>(seconds * ui::kSoundRateHz, 1000));
    }
    static ui::Picture picture()
    {
        QImage image(64, 64, QImage::Format_RGB32);
        image.fill(Qt::red);
        return {"a.png", image, image, {}};
    }
    void append(const QVector<ui::Medium>& media)
    {
        m_model->append(Speaker::Person, "What do you hear?", State::Complete, media);
        m_view->layoutNow();
    }
    QList<ui::SoundBar*> bars() const
    {
        QList<ui::SoundBar*> shown;
        for (auto* bar : m_view->viewport()->findChildren<ui::SoundBar*>()) {
            if (!bar->isHidden())
                shown << bar;
        }
        return shown;
    }

    std::unique_ptr<ConversationModel> m_model;
    std::unique_ptr<ConversationView> m_view;
};

void ConversationSoundsTest::init()
{
    m_view.reset();
    m_model = std::make_unique<ConversationModel>();
    m_view = std::make_unique<ConversationView>(m_model.get());
    m_view->resize(600, 400);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowActive(m_view.get()));
}

void ConversationSoundsTest::soundsStandInLinesOfTheirOwn()
{
    append({picture(), sound("a.wav", 1), picture(), picture(), sound("b.wav", 2)});
    QCOMPARE(bars().size(), 2);
    QCOMPARE(bars()[0]->geometry(), m_view->mediumRect(0, 1).toRect());
    QVERIFY(m_view->mediumRect(0, 1).top() > m_view->mediumRect(0, 0).bottom());
    QVERIFY(m_view->mediumRect(0, 2).top() > m_view->mediumRect(0, 1).bottom());
    QCOMPARE(m_view->mediumRect(0, 3).top(), m_view->mediumRect(0, 2).top());
    QVERIFY(m_view->mediumRect(0, 4).top() > m_view->mediumRect(0, 3).bottom());
    QVERIFY(m_view->rowRect(0).contains(m_view->mediumRect(0, 4).toRect()));
    m_view->resize(220, 400);
    m_view->layoutNow();
    QVERIFY(m_view->viewport()->rect().contains(bars()[0]->geometry()));
}

void ConversationSoundsTest::onlyWhatIsOnTheScreenHasABar()
{
    for (int i = 0; i < 100; ++i)
        append({sound("a.wav", 1)});
    QVERIFY(bars().size() > 2);
    QVERIFY(bars().size() < 10);
    m_view->verticalScrollBar()->setValue(0);
    QVERIFY(bars().size() < 10);
    QCOMPARE(bars().first()->geometry(), m_view->mediumRect(0, 0).toRect());
}

void ConversationSoundsTest::playingIsReported()
{
    append({sound("a.wav", 1), sound("b.wav", 2)});
    QSignalSpy plays(m_view.get(), &ConversationView::playRequested);
    QSignalSpy stops(m_view.get(), &ConversationView::playStopRequested);
    auto* button = bars()[1]->findChild<QPushButton*>("playOrStop");
    QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(plays.count(), 1);
    const auto played = plays.first().first().value<ui::Sound>();
    QCOMPARE(played.name, "b.wav");
    m_view->setPlayback({played, 1, true});
    QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(stops.count(), 1);
}

void ConversationSoundsTest::showsWhatIsPlayed()
{
    const ui::Sound played = sound("b.wav", 2);
    append({sound("a.wav", 2), played});
    m_view->setPlayback({played, 1.5, true});
    QCOMPARE(bars()[0]->findChild<ui::Waveform*>()->value(), 0);
    QCOMPARE(bars()[1]->findChild<ui::Waveform*>()->value(), 1500);
}

void ConversationSoundsTest::playingGoesOnWhereOneScrollsBack()
{
    const ui::Sound played = sound("b.wav", 2);
    append({played});
    for (int i = 0; i < 60; ++i)
        m_model->append(Speaker::Assistant, "words\n\nand more words");
    m_view->layoutNow();
    QCOMPARE(bars().size(), 0);
    m_view->setPlayback({played, 1.5, true});
    m_view->verticalScrollBar()->setValue(0);
    QCOMPARE(bars().size(), 1);
    QCOMPARE(bars()[0]->findChild<ui::Waveform*>()->value(), 1500);
}

void ConversationSoundsTest::soundsThatAreReadLaterAppear()
{
    append({ui::Sound{"a.wav", {}, {}}});
    QVERIFY(!bars()[0]->findChild<QPushButton*>()->isEnabled());
    m_model->setMedia(0, {sound("a.wav", 3)});
    m_view->layoutNow();
    QVERIFY(bars()[0]->findChild<QPushButton*>()->isEnabled());
    QCOMPARE(bars()[0]->findChild<ui::Waveform*>()->maximum(), 3000);
}

void ConversationSoundsTest::removedMessagesLoseTheirBars()
{
    append({sound("a.wav", 1)});
    append({sound("b.wav", 1)});
    QCOMPARE(bars().size(), 2);
    m_model->truncate(1);
    m_view->layoutNow();
    QCOMPARE(bars().size(), 1);
    QCOMPARE(bars()[0]->sound().name, "a.wav");
}

void ConversationSoundsTest::tabReachesTheParts()
{
    append({sound("a.wav", 1)});
    m_view->setFocus();
    QTest::keyClick(m_view.get(), Qt::Key_Tab);
    QCOMPARE(QApplication::focusWidget()->accessibleName(), "Play a.wav");
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QCOMPARE(QApplication::focusWidget()->accessibleName(), "Position in a.wav");
}

void ConversationSoundsTest::menuKnowsTheSoundBelow()
{
    append({picture(), sound("a.wav", 1)});
    QSignalSpy menus(m_view.get(), &ConversationView::menuRequested);
    QWidget* below = bars()[0]->findChild<ui::Waveform*>();
    const QPoint point(10, 10);
    QContextMenuEvent event(QContextMenuEvent::Mouse, point, below->mapToGlobal(point));
    QApplication::sendEvent(below, &event);
    QCOMPARE(menus.count(), 1);
    QCOMPARE(menus.first().mid(0, 2), (QVariantList{0, 1}));
}

void ConversationSoundsTest::screenReadersHearOfSounds()
{
    append({picture(), sound("a.wav", 1)});
    QCOMPARE(m_model->data(m_model->index(0), Qt::AccessibleTextRole).toString(),
             "You: (picture a.png, sound a.wav) What do you hear?");
}

QTEST_MAIN(ConversationSoundsTest)
#include "conversation_sounds_test.moc"
