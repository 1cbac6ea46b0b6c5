#pragma once

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <chrono>

#include <nlohmann/json.hpp>

namespace tests {

// What one run of nestling-cli left behind.
struct CliResult {
    int exitCode = kCrashed;
    QByteArray output;
    QByteArray errors;

    static constexpr int kCrashed = -1;

    // One line on standard error that begins with the program's name and ends with a full stop.
    bool isOneSentence() const;

    // Standard output as JSON; discarded where it is none.
    nlohmann::json json() const;
};

constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(1);

// Runs nestling-cli to its end, with `input` as its standard input; kills it if it takes longer.
CliResult runCli(const QStringList& arguments, const QByteArray& input = {},
                 std::chrono::milliseconds patience = kPatience);

// Starts nestling-cli, to be written to and read from.
void startCli(QProcess& process, const QStringList& arguments);

// Whether `process` printed `text` (to either stream, since it started) before the time was over.
// Collects what it printed in `printed`.
bool waitForText(QProcess& process, const QByteArray& text, QByteArray& printed);

// Ctrl-C.
void interrupt(const QProcess& process);

QString cliPath();

// A reason to skip tests of the device, or empty. With REQUIRE_VULKAN in the environment there is
// none, so that they fail without a device.
QString reasonToSkip();

// Writes a file; false where it cannot.
bool writeFile(const QString& path, const QByteArray& content);

}  // namespace tests
