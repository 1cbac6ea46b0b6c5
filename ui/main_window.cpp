#include "ui/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QKeyEvent>
#include <QMenuBar>
#include <QMimeData>
#include <QStackedLayout>
#include <QVBoxLayout>
#include <utility>

#include "ui/attachment_strip.h"
#include "ui/button.h"
#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/given_data.h"
#include "ui/load_progress.h"
#include "ui/recording_bar.h"
#include "ui/status_line.h"
#include "ui/welcome_page.h"

namespace ui {

namespace {

constexpr int kSpeakKey = Qt::Key_F9;

// Keeps what is below the conversation as wide as the conversation.
class ReadingColumn : public QWidget {
public:
    explicit ReadingColumn(QWidget* parent) : QWidget(parent) { setMaximumWidth(kReadingWidth); }
};

}  // namespace

MainWindow::MainWindow(ConversationModel* model, QWidget* parent)
    : QMainWindow(parent)
    , m_model(model)
    , m_view(new ConversationView(model))
    , m_welcome(new WelcomePage)
    , m_loadProgress(new LoadProgress)
    , m_notice(new NoticeBar)
    , m_attachments(new AttachmentStrip)
    , m_recording(new RecordingBar)
    , m_composer(new Composer)
    , m_status(new StatusLine)
    , m_pages(new QStackedLayout)
{
    setWindowTitle(QStringLiteral("Nestling"));
    setAcceptDrops(true);
    resize(880, 700);
    makeActions();
    makeMenus();
    makeCorner();
    layOutParts();
    connectParts();
    setMode(Composer::Mode::Waiting);
    setCanRepeat(false);
    setCanChooseEncoder(false);
    setCanSpeak(false);
    setRecording(false);
    showPage();
    m_composer->focusField();
}

void MainWindow::setMode(Composer::Mode mode)
{
    m_composer->setMode(mode);
    m_stop->setEnabled(mode == Composer::Mode::Answering);
    m_welcome->setExamplesEnabled(mode == Composer::Mode::Ready);
}

void MainWindow::setCanSpeak(bool can)
{
    m_composer->setCanSpeak(can);
    m_speak->setEnabled(can);
}

void MainWindow::setRecording(bool isRecording)
{
    if (isRecording)
        m_recording->begin();
    else
        m_recording->hide();
    m_composer->setRecording(isRecording);
    m_cancelRecording->setEnabled(isRecording);
}

void MainWindow::setCanChooseEncoder(bool can)
{
    m_openEncoder->setEnabled(can);
}

void MainWindow::setPlayback(const Playback& playback)
{
    m_view->setPlayback(playback);
    m_attachments->setPlayback(playback);
}

void MainWindow::setCanRepeat(bool can)
{
    m_again->setEnabled(can);
    m_againAt->menuAction()->setEnabled(can);
    m_editLast->setEnabled(can);
}

void MainWindow::layOutParts()
{
    auto* central = new QWidget(this);
    central->setBackgroundRole(QPalette::Base);
    central->setAutoFillBackground(true);
    auto* column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_pages->addWidget(m_welcome);
    m_pages->addWidget(m_view);
    column->addLayout(m_pages, 1);

    auto* below = new ReadingColumn(central);
    auto* rows = new QVBoxLayout(below);
    rows->setContentsMargins(0, kSpaceSmall, 0, kSpaceLarge);
    rows->setSpacing(kSpace);
    rows->addWidget(m_loadProgress);
    rows->addWidget(m_notice);
    rows->addWidget(m_attachments);
    rows->addWidget(m_recording);
    rows->addWidget(m_composer);
    auto* sides = new QHBoxLayout;
    sides->setContentsMargins(kSpaceHuge, 0, kSpaceHuge, 0);
    sides->addWidget(below);
    column->addLayout(sides);

    m_status->setBackgroundRole(QPalette::Window);
    m_status->setAutoFillBackground(true);
    column->addWidget(m_status);
    setCentralWidget(central);
}

void MainWindow::connectParts()
{
    connect(m_composer, &Composer::submitted, this, &MainWindow::messageSubmitted);
    connect(m_composer, &Composer::stopRequested, this, &MainWindow::stopRequested);
    connect(m_composer, &Composer::attachRequested, this, &MainWindow::chooseMedia);
    connect(m_composer, &Composer::dataGiven, this, &MainWindow::take);
    connect(m_composer, &Composer::speakRequested, this, &MainWindow::speakRequested);
    connect(m_recording, &RecordingBar::cancelRequested, this, &MainWindow::recordingCancelled);
    qApp->installEventFilter(this);
    connect(m_attachments, &AttachmentStrip::removeRequested, this, &MainWindow::attachmentRemoved);
    connect(m_attachments, &AttachmentStrip::opened, this, &MainWindow::showPicture);
    connect(m_attachments, &AttachmentStrip::playRequested, this, &MainWindow::playRequested);
    connect(m_attachments, &AttachmentStrip::playStopRequested, this,
            &MainWindow::playStopRequested);
    connect(m_welcome, &WelcomePage::exampleChosen, this, &MainWindow::messageSubmitted);
    connect(m_welcome, &WelcomePage::openModelRequested, this, &MainWindow::offerModels);
    connect(m_loadProgress, &LoadProgress::cancelRequested, this, &MainWindow::loadCancelled);
    connect(m_notice, &NoticeBar::remedyChosen, this, &MainWindow::remedyChosen);
    connect(m_view, &ConversationView::linkActivated, this, &MainWindow::linkActivated);
    connect(m_view, &ConversationView::pictureActivated, this, [this](int row, int medium) {
        if (const auto* picture = std::get_if<Picture>(&m_model->row(row).media[medium]))
            showPicture(*picture);
    });
    connect(m_view, &ConversationView::playRequested, this, &MainWindow::playRequested);
    connect(m_view, &ConversationView::playStopRequested, this, &MainWindow::playStopRequested);
    connect(m_view, &ConversationView::versionStepRequested, this,
            &MainWindow::versionStepRequested);
    connect(m_view, &ConversationView::menuRequested, this, &MainWindow::showMessageMenu);
    connect(m_view, &ConversationView::followingEndChanged, this,
            [this](bool following) { m_jumpToEnd->setEnabled(!following); });
    connect(m_model, &QAbstractItemModel::rowsInserted, this, &MainWindow::showPage);
    connect(m_model, &QAbstractItemModel::rowsRemoved, this, &MainWindow::showPage);
}

void MainWindow::showPage()
{
    const bool empty = m_model->isEmpty();
    m_pages->setCurrentWidget(empty ? static_cast<QWidget*>(m_welcome) : m_view);
    m_selectAll->setEnabled(!empty);
    m_copyLast->setEnabled(m_model->lastRowOf(ConversationModel::Speaker::Assistant) >= 0);
}

// The key may be held: a shortcut would not tell when it is let go. It is this window's wherever
// in it the focus is.
bool MainWindow::eventFilter(QObject* watched, QEvent* event)
{
    const bool isPress = event->type() == QEvent::KeyPress;
    if (!isPress && event->type() != QEvent::KeyRelease)
        return QMainWindow::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    const auto* widget = qobject_cast<QWidget*>(watched);
    if (key->key() != kSpeakKey || key->modifiers() != Qt::NoModifier || widget == nullptr ||
        widget->window() != this)
        return QMainWindow::eventFilter(watched, event);
    if (key->isAutoRepeat() || isPress == m_isSpeakKeyDown)
        return true;
    m_isSpeakKeyDown = isPress;
    if (isPress)
        emit speakKeyPressed();
    else
        emit speakKeyReleased();
    return true;
}

// Whoever goes to another window lets the key go there.
void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::ActivationChange && !isActiveWindow() &&
        std::exchange(m_isSpeakKeyDown, false))
        emit speakKeyReleased();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    emit closed();
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (modelIn(*event->mimeData()).isEmpty() && !holdsMedia(*event->mimeData()))
        return;
    event->setDropAction(Qt::CopyAction);  // nothing is taken away from where it was
    event->accept();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    event->setDropAction(Qt::CopyAction);
    event->accept();
    take(*event->mimeData());
}

void MainWindow::take(const QMimeData& given)
{
    if (const QString model = modelIn(given); !model.isEmpty())
        emit modelChosen(model);
    else if (const GivenMedia media = mediaIn(given); !media.isEmpty())
        emit mediaGiven(media);
    m_composer->focusField();
}

}  // namespace ui
