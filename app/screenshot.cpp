#include "app/screenshot.h"

#include <QCoreApplication>
#include <QPixmap>
#include <QTextStream>
#include <QTimer>
#include <memory>

#include "app/chat_controller.h"
#include "app/command_line.h"
#include "ui/conversation_view.h"
#include "ui/main_window.h"

namespace app {

namespace {

constexpr int kBadInput = 2;
constexpr int kDeviceFailure = 3;

void fail(const QString& sentence, int code)
{
    QTextStream(stderr) << sentence << '\n';
    QCoreApplication::exit(code);
}

int exitCode(Problem::Kind kind)
{
    return kind == Problem::Kind::NoDevice || kind == Problem::Kind::DeviceLost ||
                   kind == Problem::Kind::OutOfMemory
               ? kDeviceFailure
               : kBadInput;
}

void save(ui::MainWindow* window, const QString& file)
{
    window->view().layoutNow();
    if (window->grab().save(file))
        QCoreApplication::exit(0);
    else
        fail(QCoreApplication::translate("app::Screenshot", "%1 cannot be written.").arg(file),
             kBadInput);
}

}  // namespace

void takeScreenshot(ChatController* controller, ui::MainWindow* window, const Options& options)
{
    const auto questions = std::make_shared<QStringList>(options.questions);
    ui::GivenMedia media;
    media.files = options.pictures + options.sounds;
    if (questions->isEmpty() && !media.isEmpty())
        questions->append(QString());
    const auto next = [=, file = options.screenshot] {
        if (questions->isEmpty())
            save(window, file);
        else
            controller->send(questions->takeFirst());
    };
    // From the event loop: the window is brought up to date before it is asked or drawn again.
    auto* later = new QTimer(window);
    later->setSingleShot(true);
    later->setInterval(100);
    QObject::connect(later, &QTimer::timeout, window, next);
    QObject::connect(controller, &ChatController::modelOpened, later, [=] {
        if (!media.isEmpty())
            controller->attach(media);
        later->start();
    });
    QObject::connect(controller, &ChatController::answerFinished, later,
                     [later] { later->start(); });
    QObject::connect(controller, &ChatController::problemShown, window, [](const Problem& problem) {
        fail(problem.sentence, exitCode(problem.kind));
    });
}

}  // namespace app
