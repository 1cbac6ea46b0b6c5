#include <QApplication>
#include <QIcon>
#include <QTextStream>

#include "app/application.h"
#include "app/command_line.h"

int main(int argc, char* argv[])
{
    QCoreApplication::setApplicationName(QStringLiteral("nestling"));
    QCoreApplication::setApplicationVersion(QStringLiteral(NESTLING_VERSION));

    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    const app::CommandLine early = app::parseCommandLine(arguments);
    if (early.message && !early.message->isError) {
        QTextStream(stdout) << early.message->text;  // without a display, too
        return 0;
    }

    QApplication application(argc, argv);  // takes out what is meant for Qt
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication::setDesktopFileName(QStringLiteral("nestling"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/nestling.svg")));
    const app::CommandLine line = app::parseCommandLine(QApplication::arguments());
    if (line.message) {
        QTextStream(stderr) << line.message->text;
        return 1;
    }
    app::Application nestling(line.options);
    nestling.start();
    return QApplication::exec();
}
