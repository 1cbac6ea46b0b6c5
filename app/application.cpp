#include "app/application.h"

#include <QApplication>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QStyle>
#include <QUrl>

#include "app/chat_controller.h"
#include "app/comparison.h"
#include "app/comparison_controller.h"
#include "app/conversion.h"
#include "app/embedded_model.h"
#include "app/engine_worker.h"
#include "app/portaudio_output.h"
#include "app/portaudio_system.h"
#include "app/screenshot.h"
#include "app/speech_controller.h"
#include "app/transcript_windows.h"
#include "ui/conversation_model.h"
#include "ui/main_window.h"

namespace app {

namespace {

// Ours where the desktop has no colours of its own.
QPalette desktopPalette()
{
    const QPalette palette = QApplication::palette();
    return palette == QApplication::style()->standardPalette()
               ? ui::paletteFor(ui::Appearance::Light, palette)
               : palette;
}

}  // namespace

Application::Application(Options options)
    : m_options(std::move(options))
    , m_embeddedModel(toText(embeddedModelPath()))
    , m_systemPalette(desktopPalette())
    , m_conversation(std::make_unique<ui::ConversationModel>())
    , m_window(std::make_unique<ui::MainWindow>(m_conversation.get()))
    , m_assistant(std::make_unique<EngineWorker>(m_options.device))
    , m_controller(std::make_unique<ChatController>(m_assistant.get(), m_window.get(),
                                                    m_conversation.get(), m_embeddedModel,
                                                    makePortAudioOutput()))
    , m_speech(std::make_unique<SpeechController>(m_controller.get(), m_window.get(), &m_settings,
                                                  openPortAudio))
    , m_transcripts(std::make_unique<TranscriptWindows>(m_assistant.get()))
{
    makeComparison();
    connect(m_controller.get(), &ChatController::modelOpened, this, &Application::rememberModel);
    connect(&m_controller->sizes(), &SizeChooser::readsAgainChanged, this,
            [this](bool readsAgain) { m_settings.setReadsAgain(readsAgain); });
    connect(&m_controller->sizes(), &SizeChooser::wishChanged, this,
            [this](ui::SizeWish wish) { m_settings.setSizeWish(wish); });
    connect(m_window.get(), &ui::MainWindow::appearanceChosen, this, &Application::setAppearance);
    connect(m_window.get(), &ui::MainWindow::transcriptRequested, m_transcripts.get(),
            &TranscriptWindows::open);
    connect(m_controller.get(), &ChatController::transcriptRequested, m_transcripts.get(),
            &TranscriptWindows::open);
    connect(m_window.get(), &ui::MainWindow::linkActivated, this, [](const QUrl& url) {
        if (url.scheme() == u"https" || url.scheme() == u"http" || url.scheme() == u"mailto")
            QDesktopServices::openUrl(url);
    });
    connect(m_window.get(), &ui::MainWindow::closed, this, [this] {
        m_settings.setWindowGeometry(m_window->saveGeometry());
        m_speech->cancel();
        m_assistant->stop();
        m_assistant->cancelLoad();
        m_comparison->stop();
    });
}

Application::~Application() = default;

void Application::makeComparison()
{
    const auto useModel = [this](const auto& work) { m_assistant->useModel(work); };
    const auto prepare =
        [](const Comparison::Model& model, const evaluation::Request& request,
           const std::stop_token& stop) -> engine::Result<std::unique_ptr<evaluation::Run>> {
        if (!model)
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 "No model is open; open one to compare its sizes"};
        ENGINE_TRY(auto material, evaluation::readMaterial(request));
        return evaluation::prepare(model, request, std::move(material), stop);
    };
    const QDir data(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation));
    m_comparison = std::make_unique<Comparison>(useModel, prepare);
    m_comparisonController = std::make_unique<ComparisonController>(
        m_comparison.get(), useModel, &ComparisonController::sizesOf, toText(shippedExamplesPath()),
        data.filePath(QStringLiteral("comparisons")));
    connect(m_controller.get(), &ChatController::modelOpened, m_comparisonController.get(),
            &ComparisonController::setModel);
    connect(m_window.get(), &ui::MainWindow::comparisonRequested, m_comparisonController.get(),
            &ComparisonController::show);
}

void Application::start()
{
    setAppearance(m_settings.appearance());
    m_controller->sizes().setWish(m_settings.sizeWish());
    m_controller->sizes().setReadsAgain(m_settings.readsAgain());
    m_window->setRecentModels(m_settings.recentModels());
    const QString path = m_options.model.isEmpty() ? m_embeddedModel : m_options.model;
    if (m_options.screenshot.isEmpty())
        m_window->restoreGeometry(m_settings.windowGeometry());
    else
        takeScreenshot(m_controller.get(), m_window.get(), m_options);
    m_window->show();
    m_controller->load(path);
}

void Application::setAppearance(ui::Appearance appearance)
{
    m_settings.setAppearance(appearance);
    m_window->setAppearance(appearance);
    QApplication::setPalette(ui::paletteFor(appearance, m_systemPalette));
}

void Application::rememberModel(const QString& path)
{
    if (path == m_embeddedModel)
        return;
    m_settings.addRecentModel(path);
    m_window->setRecentModels(m_settings.recentModels());
    m_window->setFileFolder(QFileInfo(path).absolutePath());
}

}  // namespace app
