#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPointer>
#include <QProcess>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/chat_controller.h"
#include "tests/support/qt/fake_sound_output.h"
#include "tests/support/qt/picture_files.h"
#include "tests/support/qt/scripted_assistant.h"
#include "ui/attachment_strip.h"
#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/load_progress.h"
#include "ui/main_window.h"
#include "ui/picture_viewer.h"
#include "ui/status_line.h"
#include "ui/welcome_page.h"

using Speaker = ui::ConversationModel::Speaker;

// The whole window as a person meets it: by keyboard, by screen reader, in the dark, enlarged.
class WindowTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { QApplication::setPalette(m_palette); }
    void keyboardAloneHoldsAConversation();
    void escapeStops();
    void tabReachesEveryControl();
    void everyControlHasAName();
    void noLetterIsUnderlinedTwice();
    void modelsCanBeChosenByKeyboard();
    void draggedModelIsOpened();
    void draggedPicturesAreAttached();
    void picturesDroppedOnTheFieldAreAttached();
    void draggedWordsAreLeftToTheField();
    void picturesArePasted();
    void picturesAreChosenInADialog();
    void picturesOpenLargeAndCloseWithEscape();
    void pictureMenusSaveAndCopy();
    void fitsASmallScreen();
    void textCanBeReadInAnyPalette_data();
    void textCanBeReadInAnyPalette();
    void worksEnlarged();
    void closingIsReported();

private:
    void press(int key, Qt::KeyboardModifiers modifiers = {});
    void type(const QString& text) { QTest::keyClicks(QApplication::focusWidget(), text); }
    void fillWindow();
    static bool drop(QWidget* widget, const QMimeData& data);
    QString picturePath(const QString& name);

    QTemporaryDir m_folder;

    QPalette m_palette;
    std::unique_ptr<ui::ConversationModel> m_rows;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<tests::ScriptedAssistant> m_assistant;
    std::unique_ptr<app::ChatController> m_controller;
};

void WindowTest::init()
{
    m_palette = QApplication::palette();
    m_controller.reset();
    m_window.reset();
    m_rows = std::make_unique<ui::ConversationModel>();
    m_window = std::make_unique<ui::MainWindow>(m_rows.get());
    m_assistant = std::make_unique<tests::ScriptedAssistant>();
    m_controller = std::make_unique<app::ChatController>(
        m_assistant.get(), m_window.get(), m_rows.get(), "/embedded.gguf",
        std::make_unique<tests::FakeSoundOutput>());
    m_window->show();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_controller->load("/embedded.gguf");
    m_assistant->finishLoad();
}

void WindowTest::press(int key, Qt::KeyboardModifiers modifiers)
{
    QWidget* focus = QApplication::focusWidget();
    QTest::keyClick(focus ? focus : m_window.get(), static_cast<Qt::Key>(key), modifiers);
}

QString WindowTest::picturePath(const QString& name)
{
    QString path = m_folder.filePath(name);
    tests::halves(Qt::red, Qt::blue).save(path);
    return path;
}

// Everything that the window can show at once.
void WindowTest::fillWindow()
{
    ui::GivenMedia given;
    given.files << picturePath("nest.png");
    m_controller->attach(given);
    QTRY_VERIFY(m_assistant->mediumNumber > 0);
    m_assistant->finishMedium();
    m_controller->attach(ui::makeSound("song.flac", QVector<qint16>(8000, 3000)));
    m_assistant->finishMedium();
    m_controller->send("Tell me about nests.");
    m_assistant->answer("**Nests** are made of:\n\n- twigs\n- moss\n\nSee `nest.h` or "
                        "[this page](https://example.org/).");
    m_controller->send("And eggs?");
    m_assistant->readMessage();
    m_assistant->say("They are");
    m_assistant->failAnswer(app::Problem::Kind::OutOfMemory, "The device has no memory left.");
    m_window->loadProgress().begin("another model");
    m_window->loadProgress().setProgress(1, 3);
    m_controller->attach(given);
    m_controller->attach(ui::makeSound("call.flac", QVector<qint16>(8000, 3000)));
    m_window->view().layoutNow();
}

void WindowTest::keyboardAloneHoldsAConversation()
{
    type("hello");  // the field has the focus from the start
    press(Qt::Key_Return);
    QCOMPARE(m_assistant->calls.last(), "ask hello");
    m_assistant->answer("hi");
    type("more");
    press(Qt::Key_Return);
    QCOMPARE(m_assistant->calls.last(), "ask more");
    m_assistant->answer("yes");
    press(Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_rows->isEmpty());
    type("fresh");
    QCOMPARE(m_window->composer().text(), "fresh");
}

void WindowTest::escapeStops()
{
    m_controller->send("hello");
    m_assistant->readMessage();
    press(Qt::Key_Escape);
    QCOMPARE(m_assistant->calls.last(), "stop");
    m_assistant->finishAnswer(app::AnswerEnd::Stopped);
    press(Qt::Key_Escape);
    QCOMPARE(m_assistant->calls.count("stop"), 1);
}

void WindowTest::tabReachesEveryControl()
{
    fillWindow();
    m_window->composer().takeBack("something to send");
    QSet<QWidget*> reached;
    for (int i = 0; i < 60; ++i) {
        press(Qt::Key_Tab);
        reached << QApplication::focusWidget();
    }
    for (QWidget* widget : m_window->findChildren<QWidget*>()) {
        const bool wants = widget->isVisible() && widget->isEnabled() &&
                           widget->focusPolicy() & Qt::TabFocus && !widget->focusProxy();
        if (wants)
            QVERIFY2(reached.contains(widget),
                     qPrintable(widget->metaObject()->className() + (" " + widget->objectName())));
    }
    QVERIFY(reached.contains(&m_window->view()));
}

void WindowTest::everyControlHasAName()
{
    fillWindow();
    int controls = 0;
    for (QWidget* widget : m_window->findChildren<QWidget*>()) {
        const bool interactive =
            widget->focusPolicy() != Qt::NoFocus || qobject_cast<QAbstractButton*>(widget) ||
            qobject_cast<QAbstractSlider*>(widget) || qobject_cast<QAbstractScrollArea*>(widget);
        // Parts that Qt makes inside of its own widgets, which speak for them.
        if (!interactive || widget->objectName().startsWith("qt_"))
            continue;
        ++controls;
        const QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(widget);
        QVERIFY2(spoken && !spoken->text(QAccessible::Name).isEmpty(),
                 qPrintable(widget->metaObject()->className() + (" " + widget->objectName())));
    }
    QVERIFY(controls >= 15);
}

void WindowTest::noLetterIsUnderlinedTwice()
{
    const QList<QMenu*> menus = m_window->findChildren<QMenu*>();
    QVERIFY(menus.size() >= 5);
    for (const QMenu* menu : menus) {
        QStringList letters;
        for (const QAction* action : menu->actions()) {
            const QString letter = QKeySequence::mnemonic(action->text()).toString();
            QVERIFY2(letter.isEmpty() || !letters.contains(letter), qPrintable(action->text()));
            letters << letter;
        }
    }
}

void WindowTest::modelsCanBeChosenByKeyboard()
{
    press(Qt::Key_O, Qt::ControlModifier);
    auto* file = m_window->findChild<QFileDialog*>();
    QVERIFY(file && file->fileMode() == QFileDialog::ExistingFile);
    emit file->fileSelected("/models/gemma.gguf");
    QCOMPARE(m_assistant->calls.last(), "load /models/gemma.gguf");
    file->close();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);

    m_window->activateWindow();
    m_window->composer().focusField();
    press(Qt::Key_O, Qt::ControlModifier | Qt::ShiftModifier);
    auto* folder = m_window->findChild<QFileDialog*>();
    QVERIFY(folder && folder->fileMode() == QFileDialog::Directory);
    folder->close();
}

void WindowTest::draggedModelIsOpened()
{
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile("/models/gemma.gguf")});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(m_window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(m_window.get(), &drop);
    QCOMPARE(m_assistant->calls.last(), "load /models/gemma.gguf");
}

// What a drag does when it is let go over a widget; false if nobody wanted it.
bool WindowTest::drop(QWidget* widget, const QMimeData& data)
{
    const QPoint middle = widget->rect().center();
    QDragEnterEvent enter(middle, Qt::CopyAction | Qt::MoveAction, &data, Qt::LeftButton, {});
    enter.ignore();
    QCoreApplication::sendEvent(widget, &enter);
    if (!enter.isAccepted())
        return false;
    QDropEvent let(middle, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(widget, &let);
    return let.isAccepted();
}

void WindowTest::draggedPicturesAreAttached()
{
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(picturePath("nest.png")),
                  QUrl::fromLocalFile(picturePath("egg.png"))});
    QVERIFY(drop(m_window.get(), data));
    QCOMPARE(m_window->attachments().count(), 2);
    QTRY_COMPARE(m_assistant->calls.filter("encodePicture").size(), 2);
}

void WindowTest::picturesDroppedOnTheFieldAreAttached()
{
    auto* field = m_window->findChild<QPlainTextEdit*>("messageField");
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(picturePath("nest.png"))});
    data.setText(picturePath("nest.png"));
    QVERIFY(drop(field->viewport(), data));
    QCOMPARE(m_window->attachments().count(), 1);
    QCOMPARE(m_window->composer().text(), "");

    data.setUrls({QUrl::fromLocalFile("/models/gemma.gguf")});
    QVERIFY(drop(field->viewport(), data));
    QCOMPARE(m_assistant->calls.last(), "load /models/gemma.gguf");
}

void WindowTest::draggedWordsAreLeftToTheField()
{
    QMimeData data;
    data.setText("some words");
    QVERIFY(!drop(m_window.get(), data));
    QVERIFY(drop(m_window->findChild<QPlainTextEdit*>("messageField")->viewport(), data));
    QCOMPARE(m_window->composer().text(), "some words");
    QCOMPARE(m_window->attachments().count(), 0);
}

void WindowTest::picturesArePasted()
{
    QImage image(20, 20, QImage::Format_RGB32);
    image.fill(Qt::red);
    QGuiApplication::clipboard()->setImage(image);
    type("see ");
    press(Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(m_window->attachments().count(), 1);
    QGuiApplication::clipboard()->setText("words");
    press(Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(m_window->composer().text(), "see words");
    QCOMPARE(m_window->attachments().count(), 1);
    QTRY_COMPARE(m_assistant->lastPicture.size(), image.size());
}

void WindowTest::picturesAreChosenInADialog()
{
    press(Qt::Key_I, Qt::ControlModifier);
    auto* dialog = m_window->findChild<QFileDialog*>();
    QVERIFY(dialog && dialog->fileMode() == QFileDialog::ExistingFiles);
    emit dialog->filesSelected({picturePath("nest.png"), picturePath("egg.png")});
    dialog->close();
    QCOMPARE(m_window->attachments().count(), 2);
}

void WindowTest::picturesOpenLargeAndCloseWithEscape()
{
    fillWindow();
    emit m_window->view().pictureActivated(0, 0);
    auto* viewer = m_window->findChild<ui::PictureViewer*>();
    QVERIFY(viewer && viewer->isVisible());
    QCOMPARE(viewer->windowTitle(), "nest.png");
    // As large as fits, in its own proportions.
    QCOMPARE(viewer->place().width() / viewer->place().height(), 2.0);
    QVERIFY(viewer->place().width() == viewer->width() ||
            viewer->place().height() == viewer->height());
    QCOMPARE(viewer->grab().toImage().pixelColor(viewer->rect().center() - QPoint(20, 0)),
             QColor(Qt::red));
    const QPointer<ui::PictureViewer> closed = viewer;
    QTest::keyClick(viewer, Qt::Key_Escape);
    QTRY_VERIFY(!closed);
}

void WindowTest::pictureMenusSaveAndCopy()
{
    fillWindow();
    emit m_window->view().menuRequested(0, -1, m_window->mapToGlobal(QPoint(50, 50)));
    QMenu* menu = nullptr;
    for (QMenu* candidate : m_window->findChildren<QMenu*>()) {
        if (candidate->isVisible())
            menu = candidate;
    }
    QVERIFY(menu);
    const auto trigger = [menu](const QString& text) {
        for (QAction* action : menu->actions()) {
            if (action->text() == text)
                return action->trigger(), true;
        }
        return false;
    };
    QSignalSpy copies(m_window.get(), &ui::MainWindow::pictureCopyRequested);
    QVERIFY(trigger("Copy nest.png"));
    QCOMPARE(copies.first().first().value<ui::Picture>().name, "nest.png");

    QSignalSpy saves(m_window.get(), &ui::MainWindow::pictureSaveRequested);
    QVERIFY(trigger("Save nest.png as…"));
    auto* dialog = m_window->findChild<QFileDialog*>();
    QVERIFY(dialog && dialog->acceptMode() == QFileDialog::AcceptSave);
    emit dialog->fileSelected("/x/y.png");
    QCOMPARE(saves.first().at(1).toString(), "/x/y.png");
    dialog->close();
    menu->close();
}

void WindowTest::fitsASmallScreen()
{
    fillWindow();
    const QSize least = m_window->minimumSizeHint();
    // Half of a 1280 × 800 screen, or all of it at 200 %.
    QVERIFY2(least.width() <= 640 && least.height() <= 400,
             qPrintable(QString("%1 x %2").arg(least.width()).arg(least.height())));
}

void WindowTest::textCanBeReadInAnyPalette_data()
{
    QTest::addColumn<QPalette>("palette");
    QTest::newRow("dark") << ui::paletteFor(ui::Appearance::Dark, {});
    QTest::newRow("light") << ui::paletteFor(ui::Appearance::Light, {});
}

// The darkest and the lightest of each piece of the window must be far apart: its text and what it
// stands on.
void WindowTest::textCanBeReadInAnyPalette()
{
    QFETCH(const QPalette, palette);
    QApplication::setPalette(palette);
    fillWindow();
    m_window->composer().takeBack("typed text");
    QCoreApplication::processEvents();
    const QImage image = m_window->grab().toImage();
    const double scale = image.devicePixelRatio();

    const auto check = [&](const QWidget* widget, QRect area, const char* what) {
        area.translate(widget->mapTo(m_window.get(), QPoint()));
        QColor darkest = Qt::white;
        QColor lightest = Qt::black;
        for (int y = area.top(); y <= area.bottom(); ++y) {
            for (int x = area.left(); x <= area.right(); ++x) {
                const QColor color = image.pixelColor(QPointF(x * scale, y * scale).toPoint());
                if (color.lightness() < darkest.lightness())
                    darkest = color;
                if (color.lightness() > lightest.lightness())
                    lightest = color;
            }
        }
        QVERIFY2(ui::contrastRatio(darkest, lightest) >= 4.5, what);
    };
    const ui::ConversationView& view = m_window->view();
    for (int row = 0; row < m_rows->count(); ++row) {
        const QRect area = view.rowRect(row).intersected(view.viewport()->rect());
        if (area.height() > 20)
            check(view.viewport(), area, "a message");
    }
    for (const char* name : {"messageField", "notice", "loadDetail", "newChat", "openModel"}) {
        const auto* widget = m_window->findChild<QWidget*>(name);
        check(widget, widget->rect(), name);
    }
    check(&m_window->status(), m_window->status().rect(), "the status line");
    const bool dark = palette.color(QPalette::Base).lightness() < 128;
    QCOMPARE(image.pixelColor(5, image.height() / 2).lightness() < 128, dark);
}

void WindowTest::worksEnlarged()
{
    if (qgetenv("QT_SCALE_FACTOR") == "2") {
        fillWindow();
        const QImage image = m_window->grab().toImage();
        QCOMPARE(image.devicePixelRatio(), 2.0);
        QCOMPARE(image.size(), m_window->size() * 2);
        return;
    }
    // The factor is read when a program starts: this one again, and every test in it.
    QProcess again;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("QT_SCALE_FACTOR", "2");
    again.setProcessEnvironment(environment);
    again.setProcessChannelMode(QProcess::MergedChannels);
    again.start(QCoreApplication::applicationFilePath(), QStringList());
    QVERIFY(again.waitForFinished(60'000));
    QVERIFY2(again.exitCode() == 0, again.readAll().constData());
}

void WindowTest::closingIsReported()
{
    const QSignalSpy closed(m_window.get(), &ui::MainWindow::closed);
    press(Qt::Key_Q, Qt::ControlModifier);
    QCOMPARE(closed.count(), 1);
    QVERIFY(!m_window->isVisible());
}

QTEST_MAIN(WindowTest)
#include "window_test.moc"
