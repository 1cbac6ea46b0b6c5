#pragma once

#include <QMainWindow>
#include <QUrl>

#include "ui/composer.h"
#include "ui/media.h"
#include "ui/notice_bar.h"
#include "ui/theme.h"

class QStackedLayout;

namespace ui {

class AttachmentStrip;
class ConversationModel;
class ConversationView;
class LoadProgress;
class MicrophoneMenu;
class RecordingBar;
class StatusLine;
class WelcomePage;

// The window: lays out its parts and tells what the person wants. Decides nothing.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(ConversationModel* model, QWidget* parent = nullptr);

    AttachmentStrip& attachments() { return *m_attachments; }
    Composer& composer() { return *m_composer; }
    ConversationView& view() { return *m_view; }
    MicrophoneMenu& microphone() { return *m_microphone; }
    NoticeBar& notice() { return *m_notice; }
    RecordingBar& recording() { return *m_recording; }
    StatusLine& status() { return *m_status; }
    WelcomePage& welcome() { return *m_welcome; }
    LoadProgress& loadProgress() { return *m_loadProgress; }

    void setMode(Composer::Mode mode);

    // Whether the open model hears what one says.
    void setCanSpeak(bool can);

    // Shows the recording bar, or takes it away.
    void setRecording(bool isRecording);

    // Whether the last exchange can be said again or edited.
    void setCanRepeat(bool can);

    // Whether a file can be chosen that lets the open model see.
    void setCanChooseEncoder(bool can);

    // What is being played, for every place where a sound stands.
    void setPlayback(const Playback& playback);

    void setRecentModels(const QStringList& paths);
    void setAppearance(Appearance appearance);
    void setFileFolder(const QString& folder);

    // Opens the list of ways to choose a model.
    void offerModels();

signals:
    void messageSubmitted(const QString& text);
    void stopRequested();
    void newChatRequested();
    void answerAgainRequested();
    void answerAgainAtRequested(const QString& size);
    void editLastRequested();
    // `step` is -1 or +1.
    void versionStepRequested(int row, int step);
    void modelChosen(const QString& path);
    void encoderChosen(const QString& path);
    void mediaGiven(const ui::GivenMedia& media);
    void comparisonRequested();
    void transcriptRequested(const QString& path);
    void attachmentRemoved(int id);
    void pictureSaveRequested(const ui::Picture& picture, const QString& path);
    void pictureCopyRequested(const ui::Picture& picture);
    void soundSaveRequested(const ui::Sound& sound, const QString& path);
    void playRequested(const ui::Sound& sound, double fromSeconds);
    void playStopRequested();
    // To start to record, or to end it.
    void speakRequested();
    // The key that is held while one speaks.
    void speakKeyPressed();
    void speakKeyReleased();
    void recordingCancelled();
    void loadCancelled();
    void remedyChosen(ui::Remedy remedy);
    void linkActivated(const QUrl& url);
    void appearanceChosen(ui::Appearance appearance);
    void closed();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makeActions();
    void makeMenus();
    void makeCorner();
    void layOutParts();
    void connectParts();
    void showPage();
    void showMessageMenu(int row, int medium, const QPoint& globalPosition);
    void addPictureActions(QMenu* menu, const Picture& picture);
    void addSoundActions(QMenu* menu, const Sound& sound);
    void take(const QMimeData& given);
    void showPicture(const Picture& picture);
    void chooseMedia();
    void chooseSoundToTranscribe();
    void savePicture(const Picture& picture);
    void saveSound(const Sound& sound);
    void stepLastVersion(int step);
    void fillAgainAt();
    void chooseEncoder();
    void chooseModelFile();
    void chooseModelFolder();
    void showAbout();

    ConversationModel* m_model;
    ConversationView* m_view;
    WelcomePage* m_welcome;
    LoadProgress* m_loadProgress;
    NoticeBar* m_notice;
    AttachmentStrip* m_attachments;
    RecordingBar* m_recording;
    Composer* m_composer;
    StatusLine* m_status;
    QStackedLayout* m_pages;

    MicrophoneMenu* m_microphone;
    QMenu* m_againAt;
    QMenu* m_modelMenu;
    QMenu* m_recentMenu;
    QAction* m_newChat;
    QAction* m_openFile;
    QAction* m_openFolder;
    QAction* m_openEncoder;
    QAction* m_compare;
    QAction* m_attach;
    QAction* m_transcribe;
    QAction* m_quit;
    QAction* m_stop;
    QAction* m_speak;
    QAction* m_cancelRecording;
    QAction* m_copy;
    QAction* m_copyLast;
    QAction* m_selectAll;
    QAction* m_again;
    QAction* m_editLast;
    QAction* m_versionBefore;
    QAction* m_versionAfter;
    QAction* m_jumpToEnd;
    QAction* m_focusComposer;
    QActionGroup* m_appearances;
    bool m_isSpeakKeyDown = false;
    QString m_fileFolder;
    QString m_mediaFolder;
};

}  // namespace ui
