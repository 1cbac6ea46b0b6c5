// Actions, menus and dialogs of MainWindow; its layout is in main_window.cpp.

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QCursor>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>

#include "ui/button.h"
#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/main_window.h"
#include "ui/microphone_menu.h"
#include "ui/picture_viewer.h"
#include "ui/size_control.h"
#include "ui/status_line.h"

namespace ui {

namespace {

using Speaker = ConversationModel::Speaker;

constexpr const char* kSoundPatterns = "*.wav *.flac *.ogg *.oga *.opus *.mp3 *.aif *.aiff";

// A name as it stands, without a letter underlined.
QString menuText(QString name)
{
    return name.replace(u'&', QStringLiteral("&&"));
}

}  // namespace

void MainWindow::makeActions()
{
    const auto make = [this](const QString& text, const QKeySequence& keys, auto slot) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
        return action;
    };
    m_newChat = make(tr("&New chat"), QKeySequence::New, [this] { emit newChatRequested(); });
    m_openFile = make(tr("&Open model file…"), QKeySequence::Open, [this] { chooseModelFile(); });
    m_openFolder = make(tr("Open model &folder…"), QKeySequence(tr("Ctrl+Shift+O")),
                        [this] { chooseModelFolder(); });
    m_openEncoder = make(tr("Choose the model's &encoder…"), {}, [this] { chooseEncoder(); });
    m_attach = make(tr("Attac&h…"), QKeySequence(tr("Ctrl+I")), [this] { chooseMedia(); });
    m_transcribe = make(tr("Trans&cribe a sound file…"), QKeySequence(tr("Ctrl+T")),
                        [this] { chooseSoundToTranscribe(); });
    m_compare = make(tr("Compare si&zes…"), {}, [this] { emit comparisonRequested(); });
    m_quit = make(tr("&Quit"), QKeySequence(tr("Ctrl+Q")), [this] { close(); });
    m_stop = make(tr("&Stop the answer"), QKeySequence(Qt::Key_Escape),
                  [this] { emit stopRequested(); });
    // Its key is not a shortcut, as it may be held: see eventFilter().
    m_speak = make(tr("Spea&k") + QStringLiteral("\tF9"), {}, [this] { emit speakRequested(); });
    m_cancelRecording = make(tr("Cancel the &recording"), QKeySequence(Qt::Key_Escape),
                             [this] { emit recordingCancelled(); });
    // Without a shortcut: the field and the conversation each have their own Ctrl+C and Ctrl+A.
    m_copy = make(tr("&Copy the selection"), {}, [this] { m_view->copySelection(); });
    m_selectAll = make(tr("Select the whole con&versation"), {}, [this] {
        m_view->selectAll();
        m_view->setFocus(Qt::OtherFocusReason);
    });
    m_copyLast = make(tr("Copy the &last answer"), QKeySequence(tr("Ctrl+Shift+C")), [this] {
        const int row = m_model->lastRowOf(Speaker::Assistant);
        if (row >= 0)
            QGuiApplication::clipboard()->setText(m_model->row(row).text);
    });
    m_again = make(tr("Answer &again"), QKeySequence(tr("Ctrl+R")),
                   [this] { emit answerAgainRequested(); });
    m_editLast = make(tr("&Edit the last message"), QKeySequence(tr("Ctrl+E")),
                      [this] { emit editLastRequested(); });
    m_versionBefore =
        make(tr("&Previous answer"), QKeySequence(tr("Alt+Left")), [this] { stepLastVersion(-1); });
    m_versionAfter =
        make(tr("Ne&xt answer"), QKeySequence(tr("Alt+Right")), [this] { stepLastVersion(+1); });
    m_jumpToEnd =
        make(tr("&Jump to the end"), QKeySequence(tr("Alt+End")), [this] { m_view->jumpToEnd(); });
    m_jumpToEnd->setEnabled(false);
    m_focusComposer = make(tr("&Write a message"), QKeySequence(tr("Ctrl+L")),
                           [this] { m_composer->focusField(); });
}

void MainWindow::makeMenus()
{
    menuBar()->setAccessibleName(tr("Menus"));
    m_modelMenu = new QMenu(tr("&Model"), this);
    m_modelMenu->addActions({m_openFile, m_openFolder});
    m_recentMenu = m_modelMenu->addMenu(tr("Open &recent"));
    m_recentMenu->setEnabled(false);
    m_modelMenu->addSeparator();
    m_modelMenu->addActions({m_openEncoder, m_compare});

    m_againAt = new QMenu(tr("Answer again a&t size"), this);
    m_againAt->setToolTipsVisible(true);
    connect(m_againAt, &QMenu::aboutToShow, this, &MainWindow::fillAgainAt);
    QMenu* chat = menuBar()->addMenu(tr("&Chat"));
    chat->addActions({m_newChat, m_again, m_againAt->menuAction(), m_editLast, m_stop});
    chat->addSeparator();
    chat->addActions({m_versionBefore, m_versionAfter});
    chat->addSeparator();
    chat->addActions({m_attach, m_transcribe});
    chat->addSeparator();
    chat->addActions({m_speak, m_cancelRecording});
    m_microphone = new MicrophoneMenu(this);
    chat->addMenu(m_microphone);
    chat->addSeparator();
    chat->addAction(m_quit);
    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addActions({m_copy, m_copyLast, m_selectAll});
    menuBar()->addMenu(m_modelMenu);

    QMenu* show = menuBar()->addMenu(tr("&View"));
    show->addActions({m_jumpToEnd, m_focusComposer});
    QMenu* appearance = show->addMenu(tr("&Appearance"));
    m_appearances = new QActionGroup(this);
    const auto addAppearance = [&](const QString& text, Appearance value) {
        QAction* action = m_appearances->addAction(text);
        action->setCheckable(true);
        action->setData(static_cast<int>(value));
        appearance->addAction(action);
        connect(action, &QAction::triggered, this, [this, value] { emit appearanceChosen(value); });
    };
    addAppearance(tr("As the &desktop"), Appearance::System);
    addAppearance(tr("&Light"), Appearance::Light);
    addAppearance(tr("Dar&k"), Appearance::Dark);

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    connect(help->addAction(tr("&About Nestling")), &QAction::triggered, this,
            &MainWindow::showAbout);
}

void MainWindow::makeCorner()
{
    auto* corner = new QWidget(this);
    auto* row = new QHBoxLayout(corner);
    row->setContentsMargins(0, 0, kSpace, 0);
    row->setSpacing(kSpaceSmall);
    auto* newChat = new Button(tr("New chat"), Button::Emphasis::Quiet, corner);
    newChat->setObjectName("newChat");
    newChat->setToolTip(tr("Start a new conversation (Ctrl+N)"));
    connect(newChat, &QPushButton::clicked, this, &MainWindow::newChatRequested);
    auto* openModel = new Button(tr("Open model"), Button::Emphasis::Quiet, corner);
    openModel->setObjectName("openModel");
    openModel->setMenu(m_modelMenu);
    row->addWidget(newChat);
    row->addWidget(openModel);
    menuBar()->setCornerWidget(corner);
}

void MainWindow::fillAgainAt()
{
    m_againAt->clear();
    for (const SizeOption& size : m_status->size().options()) {
        QAction* action = m_againAt->addAction(size.name);
        action->setEnabled(size.refusal.isEmpty());
        action->setToolTip(size.refusal.isEmpty() ? size.effect : size.refusal);
        connect(action, &QAction::triggered, this,
                [this, name = size.name] { emit answerAgainAtRequested(name); });
    }
}

void MainWindow::stepLastVersion(int step)
{
    const int row = m_model->lastRowOf(Speaker::Assistant);
    if (row >= 0)
        emit versionStepRequested(row, step);
}

void MainWindow::setRecentModels(const QStringList& paths)
{
    m_recentMenu->clear();
    for (const QString& path : paths) {
        QAction* action = m_recentMenu->addAction(QDir::toNativeSeparators(path));
        connect(action, &QAction::triggered, this, [this, path] { emit modelChosen(path); });
    }
    m_recentMenu->setEnabled(!paths.isEmpty());
}

void MainWindow::setAppearance(Appearance appearance)
{
    for (QAction* action : m_appearances->actions())
        action->setChecked(action->data().toInt() == static_cast<int>(appearance));
}

void MainWindow::setFileFolder(const QString& folder)
{
    m_fileFolder = folder;
}

void MainWindow::offerModels()
{
    const QWidget* from = QApplication::focusWidget();
    m_modelMenu->popup(from ? from->mapToGlobal(QPoint(0, from->height())) : QCursor::pos());
}

void MainWindow::showMessageMenu(int row, int medium, const QPoint& globalPosition)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    // From the keyboard, all that the message brings is meant.
    if (row >= 0) {
        const QVector<Medium>& media = m_model->row(row).media;
        for (const Medium& shown : medium < 0 ? media : media.mid(medium, 1)) {
            if (!isRead(shown))
                continue;
            if (const auto* picture = std::get_if<Picture>(&shown))
                addPictureActions(menu, *picture);
            else
                addSoundActions(menu, std::get<Sound>(shown));
            menu->addSeparator();
        }
    }
    m_copy->setEnabled(!m_view->selectedText().isEmpty());
    menu->addAction(m_copy);
    if (row >= 0 && m_model->row(row).speaker != Speaker::Note) {
        QAction* copyMessage = menu->addAction(tr("Copy this &message"));
        const QString text = m_model->row(row).text;
        connect(copyMessage, &QAction::triggered, this,
                [text] { QGuiApplication::clipboard()->setText(text); });
    }
    menu->addAction(m_selectAll);
    menu->addSeparator();
    menu->addActions({m_again, m_againAt->menuAction(), m_editLast});
    connect(menu, &QMenu::aboutToHide, m_copy, [this] { m_copy->setEnabled(true); });
    menu->popup(globalPosition);
}

void MainWindow::addPictureActions(QMenu* menu, const Picture& picture)
{
    const QString name = menuText(picture.name);
    connect(menu->addAction(tr("Look at %1").arg(name)), &QAction::triggered, this,
            [this, picture] { showPicture(picture); });
    connect(menu->addAction(tr("Copy %1").arg(name)), &QAction::triggered, this,
            [this, picture] { emit pictureCopyRequested(picture); });
    connect(menu->addAction(tr("Save %1 as…").arg(name)), &QAction::triggered, this,
            [this, picture] { savePicture(picture); });
}

void MainWindow::addSoundActions(QMenu* menu, const Sound& sound)
{
    const QString name = menuText(sound.name);
    connect(menu->addAction(tr("Play %1").arg(name)), &QAction::triggered, this,
            [this, sound] { emit playRequested(sound, 0); });
    connect(menu->addAction(tr("Save %1 as…").arg(name)), &QAction::triggered, this,
            [this, sound] { saveSound(sound); });
}

void MainWindow::showPicture(const Picture& picture)
{
    if (!picture.image.isNull())
        (new PictureViewer(picture, this))->show();
}

void MainWindow::chooseMedia()
{
    const QString pictures = QStringLiteral("*.png *.jpg *.jpeg *.webp *.gif *.bmp *.tif *.tiff "
                                            "*.ppm *.pgm");
    auto* dialog =
        new QFileDialog(this, tr("Attach pictures or sounds"), m_mediaFolder,
                        tr("Pictures and sounds (%1 %2);;Pictures (%1);;Sounds (%2);;All files (*)")
                            .arg(pictures, kSoundPatterns));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& files) {
        m_mediaFolder = QFileInfo(files.first()).absolutePath();
        GivenMedia given;
        given.files = files;
        emit mediaGiven(given);
    });
    dialog->open();
}

void MainWindow::chooseSoundToTranscribe()
{
    auto* dialog = new QFileDialog(this, tr("Transcribe a sound file"), m_mediaFolder,
                                   tr("Sounds (%1);;All files (*)").arg(kSoundPatterns));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_mediaFolder = QFileInfo(path).absolutePath();
        emit transcriptRequested(path);
    });
    dialog->open();
}

void MainWindow::savePicture(const Picture& picture)
{
    auto* dialog = new QFileDialog(this, tr("Save the picture"), m_mediaFolder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(picture.name);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, picture](const QString& path) { emit pictureSaveRequested(picture, path); });
    dialog->open();
}

void MainWindow::saveSound(const Sound& sound)
{
    auto* dialog = new QFileDialog(this, tr("Save the sound"), m_mediaFolder,
                                   tr("FLAC (*.flac);;WAV (*.wav)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("flac"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.startsWith(u"WAV") ? QStringLiteral("wav")
                                                           : QStringLiteral("flac"));
    });
    dialog->selectFile(QFileInfo(sound.name).completeBaseName() + QStringLiteral(".flac"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, sound](const QString& path) { emit soundSaveRequested(sound, path); });
    dialog->open();
}

void MainWindow::chooseModelFile()
{
    auto* dialog = new QFileDialog(this, tr("Open a model file"), m_fileFolder,
                                   tr("GGUF models (*.gguf);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::modelChosen);
    dialog->open();
}

void MainWindow::chooseEncoder()
{
    auto* dialog = new QFileDialog(this, tr("Choose the file that lets the model see"),
                                   m_fileFolder, tr("Encoders (*mmproj*.gguf);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::encoderChosen);
    dialog->open();
}

void MainWindow::chooseModelFolder()
{
    auto* dialog = new QFileDialog(this, tr("Open a model folder from Hugging Face"), m_fileFolder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::modelChosen);
    dialog->open();
}

void MainWindow::showAbout()
{
    auto* box = new QMessageBox(
        QMessageBox::NoIcon, tr("About Nestling"),
        tr("Nestling %1 runs Gemma 3n on this computer, through its own Vulkan shaders. Nothing "
           "that you write leaves it.")
            .arg(QApplication::applicationVersion()),
        QMessageBox::Ok, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

}  // namespace ui
