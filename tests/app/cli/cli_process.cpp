#include "tests/app/cli/cli_process.h"

#include <csignal>

#include <QElapsedTimer>
#include <QFile>

namespace tests {
namespace {

CliResult finish(QProcess& process, std::chrono::milliseconds patience)
{
    CliResult result;
    if (!process.waitForFinished(static_cast<int>(patience.count()))) {
        process.kill();
        process.waitForFinished();
    } else if (process.exitStatus() == QProcess::NormalExit) {
        result.exitCode = process.exitCode();
    }
    result.output = process.readAllStandardOutput();
    result.errors = process.readAllStandardError();
    return result;
}

}  // namespace

bool CliResult::isOneSentence() const
{
    return errors.startsWith("nestling-cli: ") && errors.count('\n') == 1 && errors.endsWith(".\n");
}

nlohmann::json CliResult::json() const
{
    return nlohmann::json::parse(output.begin(), output.end(), nullptr, false);
}

CliResult runCli(const QStringList& arguments, const QByteArray& input,
                 std::chrono::milliseconds patience)
{
    QProcess process;
    process.start(cliPath(), arguments);
    process.write(input);
    process.closeWriteChannel();
    return finish(process, patience);
}

void startCli(QProcess& process, const QStringList& arguments)
{
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(cliPath(), arguments);
    process.waitForStarted();
}

bool waitForText(QProcess& process, const QByteArray& text, QByteArray& printed)
{
    QElapsedTimer timer;
    timer.start();
    while (!printed.contains(text)) {
        if (timer.elapsed() > kPatience.count())
            return false;
        const bool isReady = process.waitForReadyRead(1000);
        printed += process.readAll();
        if (!isReady && process.state() == QProcess::NotRunning)
            return printed.contains(text);
    }
    return true;
}

void interrupt(const QProcess& process)
{
    kill(static_cast<pid_t>(process.processId()), SIGINT);
}

QString cliPath()
{
    return QStringLiteral(NESTLING_CLI);
}

QString reasonToSkip()
{
    if (qEnvironmentVariableIsSet("REQUIRE_VULKAN"))
        return {};
    const nlohmann::json devices = runCli({"devices", "--json"}).json();
    for (const auto& device : devices) {
        if (device.is_object() && device.value("is_usable", false))
            return {};
    }
    return QStringLiteral("This machine has no usable Vulkan device.");
}

bool writeFile(const QString& path, const QByteArray& content)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
}

}  // namespace tests
