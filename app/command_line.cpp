#include "app/command_line.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>

namespace app {

CommandLine parseCommandLine(const QStringList& arguments)
{
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("app::CommandLine", text);
    };
    const QCommandLineOption model("model", tr("Open this GGUF file or Hugging Face folder."),
                                   "FILE|FOLDER");
    const QCommandLineOption device("device", tr("Compute on the device of this number or name."),
                                    "N|NAME");
    const QCommandLineOption screenshot(
        "screenshot", tr("Save a picture of the window to this file and quit."), "FILE");
    const QCommandLineOption ask(
        "ask", tr("With --screenshot: ask this first. May be given several times."), "TEXT");
    const QCommandLineOption picture(
        "screenshot-picture",
        tr("With --screenshot: show this picture with the first question. May be given several "
           "times."),
        "FILE");

    const QCommandLineOption sound(
        "screenshot-sound",
        tr("With --screenshot: let it hear this sound with the first question. May be given "
           "several times."),
        "FILE");

    const QCommandLineOption help({"h", "help"}, tr("Print this help."));
    const QCommandLineOption version({"v", "version"}, tr("Print the version."));

    QCommandLineParser parser;
    parser.setApplicationDescription(tr("Talk to Gemma 3n on this computer."));
    parser.addOptions({model, device, screenshot, ask, picture, sound, help, version});
    parser.addPositionalArgument("MODEL", tr("The same as --model."), "[MODEL]");

    CommandLine line;
    const auto refuse = [&line](const QString& text) {
        line.message = {text + u'\n', true};
        return line;
    };
    if (!parser.parse(arguments))
        return refuse(parser.errorText());
    if (parser.isSet(help)) {
        // Qt knows the name of the program only once there is a display.
        line.message = {parser.helpText().replace(QStringLiteral("<executable_name>"),
                                                  QStringLiteral("nestling")),
                        false};
        return line;
    }
    if (parser.isSet(version)) {
        line.message = {
            QStringLiteral("nestling ") + QCoreApplication::applicationVersion() + u'\n', false};
        return line;
    }
    const QStringList positional = parser.positionalArguments();
    if (positional.size() + (parser.isSet(model) ? 1 : 0) > 1)
        return refuse(tr("Only one model can be opened."));
    if (parser.isSet(ask) && !parser.isSet(screenshot))
        return refuse(tr("--ask needs --screenshot."));
    if (parser.isSet(picture) && !parser.isSet(screenshot))
        return refuse(tr("--screenshot-picture needs --screenshot."));
    if (parser.isSet(sound) && !parser.isSet(screenshot))
        return refuse(tr("--screenshot-sound needs --screenshot."));

    line.options.model = positional.isEmpty() ? parser.value(model) : positional.first();
    line.options.device = parser.value(device);
    line.options.screenshot = parser.value(screenshot);
    line.options.questions = parser.values(ask);
    line.options.pictures = parser.values(picture);
    line.options.sounds = parser.values(sound);
    if (!line.options.model.isEmpty())
        line.options.model = QFileInfo(line.options.model).absoluteFilePath();
    return line;
}

}  // namespace app
