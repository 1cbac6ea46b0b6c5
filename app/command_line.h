#pragma once

#include <QString>
#include <QStringList>
#include <optional>

namespace app {

// What the window was started with.
struct Options {
    QString model;   // a file or a folder; empty for the embedded model
    QString device;  // as engine::Device::open() takes it
    QString screenshot;
    QStringList pictures;  // shown with the first question
    QStringList sounds;    // heard with it, after these
    QStringList questions;
};

// What to print instead of starting: to standard output and success, or to standard error.
struct Message {
    QString text;
    bool isError = false;
};

struct CommandLine {
    Options options;
    std::optional<Message> message;
};

CommandLine parseCommandLine(const QStringList& arguments);

}  // namespace app
