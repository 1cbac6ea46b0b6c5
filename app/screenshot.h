#pragma once

namespace ui {
class MainWindow;
}

namespace app {

class ChatController;
struct Options;

// Attaches the pictures and sounds of the options, asks the questions one after the other, saves a
// picture of the window, and ends the program: with 0, or with 2 or 3 and a sentence on standard
// error, as nestling-cli does.
void takeScreenshot(ChatController* controller, ui::MainWindow* window, const Options& options);

}  // namespace app
