#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/chat_controller.h"
#include "tests/support/qt/fake_sound_output.h"
#include "tests/support/qt/picture_files.h"
#include "tests/support/qt/scripted_assistant.h"
#include "ui/attachment_strip.h"
#include "ui/conversation_model.h"
#include "ui/main_window.h"

using app::Problem;
using Mode = ui::Composer::Mode;
using State = ui::ConversationModel::State;

// What becomes of pictures that people attach, when things go well, and when not.
class ChatPicturesTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void theModelLooksWhileOneTypes();
    void picturesGoWithTheMessageInTheirOrder();
    void picturesNeedNoText();
    void sendingWaitsUntilThePictureIsSeen();
    void stoppingGivesMessageAndPictureBack();
    void newChatGivesAMessageThatWaitsBack();
    void removedPicturesAreForgotten();
    void picturesAttachedMeanwhileWaitForTheNextMessage();
    void brokenFilesAreSaidAndTakenAway();
    void aPictureThatFailsGivesTheMessageBack();
    void noMemoryForAPictureLeavesTheChatAlone();
    void editLastBringsPicturesBack();
    void answerAgainUsesThemAsTheyAre();
    void unreadMessagesKeepTheirPictures();
    void modelsWithoutSightAreSaid();
    void onlyModelsWithSightAskForPictures();
    void anEncoderCanBeChosen();
    void anotherModelLooksAgain();
    void lostDevicesLookAgainAfterReloading();
    void picturesWaitForTheFirstModel();
    void newChatFreesPicturesAndKeepsTheStrip();
    void addressesOfTheWebAreNotFetched();
    void picturesCanBeSavedAndCopied();
    void unwritablePlacesAreSaid();

private:
    void open() { openAs(tests::ScriptedAssistant::demonstrationModel()); }
    void openAs(const app::ModelSummary& model)
    {
        m_controller->load("/models/m.gguf");
        m_assistant->finishLoad(model);
    }
    // Waits until it has been read, and the model asked to look at it.
    void attach(const QColor& color = Qt::red);
    void attachAndFinish(const QColor& color = Qt::red)
    {
        attach(color);
        m_assistant->finishMedium();
    }
    void send(const QString& text)
    {
        m_window->composer().takeBack(text);
        m_controller->send(text);
    }
    QVector<int> strip() const { return m_window->attachments().ids(); }
    const ui::ConversationModel::Row& lastRow() const { return m_rows->row(m_rows->count() - 1); }
    const ui::Picture& pictureOf(int row, int medium) const
    {
        return std::get<ui::Picture>(m_rows->row(row).media[medium]);
    }
    QString lastCall() const { return m_assistant->calls.last(); }
    QString notice() const
    {
        return m_window->notice().isHidden() ? QString() : m_window->notice().text();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<ui::ConversationModel> m_rows;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<tests::ScriptedAssistant> m_assistant;
    std::unique_ptr<app::ChatController> m_controller;
};

void ChatPicturesTest::init()
{
    m_controller.reset();
    m_window.reset();
    m_rows = std::make_unique<ui::ConversationModel>();
    m_window = std::make_unique<ui::MainWindow>(m_rows.get());
    m_assistant = std::make_unique<tests::ScriptedAssistant>();
    m_controller = std::make_unique<app::ChatController>(
        m_assistant.get(), m_window.get(), m_rows.get(), "/models/embedded.gguf",
        std::make_unique<tests::FakeSoundOutput>());
}

void ChatPicturesTest::attach(const QColor& color)
{
    const QString path = m_folder.filePath(color.name().mid(1) + ".png");
    QVERIFY(tests::halves(color, Qt::white).save(path));
    const int before = m_assistant->mediumNumber;
    ui::GivenMedia given;
    given.files << path;
    m_controller->attach(given);
    QTRY_VERIFY(m_assistant->mediumNumber > before);
}

void ChatPicturesTest::theModelLooksWhileOneTypes()
{
    open();
    m_window->composer().takeBack("What is");
    attach(Qt::red);
    QCOMPARE(m_assistant->lastPicture.pixelColor(0, 0), QColor(Qt::red));
    QCOMPARE(m_window->attachments().count(), 1);
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
    QCOMPARE(m_window->composer().text(), "What is");
}

void ChatPicturesTest::picturesGoWithTheMessageInTheirOrder()
{
    open();
    attachAndFinish(Qt::red);
    const int first = m_assistant->mediumNumber;
    attachAndFinish(Qt::blue);
    const int second = m_assistant->mediumNumber;
    send("What is this?");
    QCOMPARE(lastCall(), QString("ask What is this? [%1,%2]").arg(first).arg(second));
    QCOMPARE(m_rows->row(0).media.size(), 2);
    QCOMPARE(pictureOf(0, 1).name, "0000ff.png");
    QCOMPARE(pictureOf(0, 1).thumbnail.pixelColor(0, 0), QColor(Qt::blue));
    QVERIFY(strip().isEmpty());
    m_assistant->answer("A red half.");
    QCOMPARE(lastRow().text, "A red half.");
    send("And now?");
    QCOMPARE(lastCall(), "ask And now?");
}

void ChatPicturesTest::picturesNeedNoText()
{
    open();
    auto* button = m_window->findChild<QPushButton*>("sendOrStop");
    QVERIFY(!button->isEnabled());
    attachAndFinish();
    QVERIFY(button->isEnabled());
    QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(lastCall(), QString("ask  [%1]").arg(m_assistant->mediumNumber));
    QCOMPARE(m_rows->count(), 2);
}

void ChatPicturesTest::sendingWaitsUntilThePictureIsSeen()
{
    open();
    attach();
    send("What is this?");
    QVERIFY(lastCall().startsWith("encodePicture"));
    QCOMPARE(m_rows->row(0).text, "What is this?");
    QCOMPARE(lastRow().state, State::Looking);
    QCOMPARE(m_window->composer().mode(), Mode::Answering);
    m_assistant->progressMedium(0.4);
    QVERIFY(ui::ConversationModel::stateText(lastRow()).contains("40 %"));
    m_assistant->finishMedium();
    QCOMPARE(lastCall(), QString("ask What is this? [%1]").arg(m_assistant->mediumNumber));
    QCOMPARE(lastRow().state, State::Waiting);
}

void ChatPicturesTest::stoppingGivesMessageAndPictureBack()
{
    open();
    attach();
    const int number = m_assistant->mediumNumber;
    send("What is this?");
    m_controller->stop();
    QVERIFY(m_assistant->calls.contains("forgetMedium " + QString::number(number)));
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(m_window->composer().text(), "What is this?");
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
    QCOMPARE(strip().size(), 1);

    // Sent once more, it is looked at once more.
    m_controller->send("What is this?");
    QTRY_VERIFY(m_assistant->mediumNumber > number);
    m_assistant->finishMedium();
    QCOMPARE(lastCall(), QString("ask What is this? [%1]").arg(m_assistant->mediumNumber));
}

void ChatPicturesTest::newChatGivesAMessageThatWaitsBack()
{
    open();
    attach();
    send("What is this?");
    m_controller->newChat();
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(m_window->composer().text(), "What is this?");
    QCOMPARE(strip().size(), 1);
    QVERIFY(!m_controller->isAnswering());
}

void ChatPicturesTest::removedPicturesAreForgotten()
{
    open();
    attach();
    const QString number = QString::number(m_assistant->mediumNumber);
    emit m_window->attachmentRemoved(strip().first());
    QCOMPARE(lastCall(), "forgetMedium " + number);
    QVERIFY(strip().isEmpty());
    m_assistant->finishMedium();  // too late
    send("hello");
    QCOMPARE(lastCall(), "ask hello");
}

void ChatPicturesTest::picturesAttachedMeanwhileWaitForTheNextMessage()
{
    open();
    attach(Qt::red);
    const int first = m_assistant->mediumNumber;
    send("one");
    attach(Qt::blue);
    QCOMPARE(strip().size(), 1);
    emit m_assistant->mediumEncoded(first);
    QCOMPARE(lastCall(), QString("ask one [%1]").arg(first));
    m_assistant->finishMedium();
    m_assistant->answer("1");
    QCOMPARE(strip().size(), 1);
    send("two");
    QCOMPARE(lastCall(), QString("ask two [%1]").arg(m_assistant->mediumNumber));
}

void ChatPicturesTest::brokenFilesAreSaidAndTakenAway()
{
    open();
    ui::GivenMedia given;
    given.contents << tests::encoded(tests::halves(Qt::red, Qt::blue)).left(60) << "no picture";
    given.files << m_folder.path() << m_folder.filePath("missing.png");
    m_window->composer().takeBack("draft");
    QSignalSpy problems(m_controller.get(), &app::ChatController::problemShown);
    m_controller->attach(given);
    QCOMPARE(strip().size(), 4);
    QTRY_COMPARE(problems.count(), 4);
    QVERIFY(strip().isEmpty());
    QStringList sentences;
    for (const QVariantList& arguments : problems)
        sentences << arguments.first().value<Problem>().sentence;
    for (const char* words : {"is a folder", "missing.png does not exist", "damaged or cut off",
                              "picture.png is not a picture"})
        QVERIFY2(!sentences.filter(words).isEmpty(), words);
    QVERIFY(sentences.contains(notice()));
    QCOMPARE(m_window->composer().text(), "draft");
    QVERIFY(!m_assistant->calls.join(' ').contains("encodePicture"));
}

void ChatPicturesTest::aPictureThatFailsGivesTheMessageBack()
{
    open();
    attachAndFinish(Qt::red);
    attach(Qt::blue);
    send("What are these?");
    m_assistant->failMedium(Problem::Kind::OutOfMemory, "No memory is left.");
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(m_window->composer().text(), "What are these?");
    QCOMPARE(strip().size(), 1);  // the other one
    QCOMPARE(notice(), "No memory is left.");
    QVERIFY(!m_assistant->calls.join(' ').contains("ask "));
}

void ChatPicturesTest::noMemoryForAPictureLeavesTheChatAlone()
{
    open();
    send("hello");
    m_assistant->answer("hi");
    attach();
    m_assistant->failMedium(Problem::Kind::OutOfMemory, "No memory is left.");
    QCOMPARE(notice(), "No memory is left.");
    send("still there?");
    m_assistant->answer("yes");
    QCOMPARE(lastRow().text, "yes");
    QCOMPARE(m_rows->count(), 4);
}

void ChatPicturesTest::editLastBringsPicturesBack()
{
    open();
    attachAndFinish();
    const int number = m_assistant->mediumNumber;
    send("What?");
    m_assistant->answer("A picture.");
    m_controller->editLast();
    QCOMPARE(strip().size(), 1);
    QCOMPARE(m_window->composer().text(), "What?");
    m_controller->send("What?");
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(number));  // looked at only once
}

void ChatPicturesTest::answerAgainUsesThemAsTheyAre()
{
    open();
    attachAndFinish(Qt::red);
    const int number = m_assistant->mediumNumber;
    send("What?");
    m_assistant->answer("A picture.");
    attachAndFinish(Qt::blue);
    m_controller->answerAgain();
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(number));
    QCOMPARE(m_rows->row(0).media.size(), 1);
    QCOMPARE(strip().size(), 1);  // for the next message
}

void ChatPicturesTest::unreadMessagesKeepTheirPictures()
{
    open();
    attachAndFinish();
    const int number = m_assistant->mediumNumber;
    send("What?");
    m_assistant->failAnswer(Problem::Kind::ContextFull, "It does not fit.");
    QCOMPARE(strip().size(), 1);
    QCOMPARE(m_window->composer().text(), "What?");
    m_controller->send("What?");
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(number));
}

void ChatPicturesTest::modelsWithoutSightAreSaid()
{
    openAs(tests::ScriptedAssistant::blindModel());
    m_window->composer().takeBack("What is this?");
    ui::GivenMedia given;
    given.images << tests::halves(Qt::red, Qt::blue);
    m_controller->attach(given);
    QCOMPARE(notice(), tests::ScriptedAssistant::blindModel().visionHint);
    QVERIFY(strip().isEmpty());
    QCOMPARE(m_window->composer().text(), "What is this?");
}

void ChatPicturesTest::onlyModelsWithSightAskForPictures()
{
    const auto* welcome = m_window->findChild<QLabel*>("welcomeText");
    open();
    QVERIFY(welcome->text().contains("Drop a picture"));
    openAs(tests::ScriptedAssistant::blindModel());
    QVERIFY(!welcome->text().contains("picture"));
}

void ChatPicturesTest::anEncoderCanBeChosen()
{
    openAs(tests::ScriptedAssistant::blindModel());
    emit m_window->encoderChosen("/encoders/mmproj.gguf");
    QCOMPARE(lastCall(), "load /models/m.gguf with /encoders/mmproj.gguf");
    m_assistant->failLoad(app::Problem::Kind::BadModel, "mmproj.gguf belongs to another model.");
    QCOMPARE(notice(), "mmproj.gguf belongs to another model.");
    send("hello");
    QCOMPARE(lastCall(), "ask hello");
}

void ChatPicturesTest::anotherModelLooksAgain()
{
    open();
    attachAndFinish();
    const int number = m_assistant->mediumNumber;
    openAs(tests::ScriptedAssistant::blindModel());
    m_controller->send("What?");
    QCOMPARE(notice(), tests::ScriptedAssistant::blindModel().visionHint);
    QCOMPARE(strip().size(), 1);
    QVERIFY(m_rows->isEmpty());

    open();
    QTRY_VERIFY(m_assistant->mediumNumber > number);
    QCOMPARE(m_assistant->lastPicture.pixelColor(0, 0), QColor(Qt::red));
    m_assistant->finishMedium();
    m_controller->send("What?");
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(m_assistant->mediumNumber));
}

void ChatPicturesTest::lostDevicesLookAgainAfterReloading()
{
    open();
    attachAndFinish();
    const int number = m_assistant->mediumNumber;
    send("What?");
    m_assistant->failAnswer(Problem::Kind::DeviceLost, "The device was lost.");
    QCOMPARE(strip().size(), 1);
    m_controller->apply(ui::Remedy::ReloadModel);
    m_assistant->finishLoad();
    QTRY_VERIFY(m_assistant->mediumNumber > number);
}

void ChatPicturesTest::picturesWaitForTheFirstModel()
{
    ui::GivenMedia given;
    given.images << tests::halves(Qt::red, Qt::blue);
    m_controller->load("/models/m.gguf");
    m_controller->attach(given);
    QCOMPARE(strip().size(), 1);
    QTest::qWait(50);
    QCOMPARE(m_assistant->mediumNumber, 0);
    m_assistant->finishLoad();
    QTRY_VERIFY(m_assistant->mediumNumber > 0);
}

void ChatPicturesTest::newChatFreesPicturesAndKeepsTheStrip()
{
    open();
    attachAndFinish(Qt::red);
    const QString number = QString::number(m_assistant->mediumNumber);
    send("What?");
    m_assistant->answer("A picture.");
    attachAndFinish(Qt::blue);
    m_controller->newChat();
    QVERIFY(m_assistant->calls.contains("forgetMedium " + number));
    QCOMPARE(strip().size(), 1);
}

void ChatPicturesTest::addressesOfTheWebAreNotFetched()
{
    open();
    ui::GivenMedia given;
    given.isAddressOnly = true;
    m_controller->attach(given);
    QVERIFY(notice().contains("Copy the picture"));
    QVERIFY(strip().isEmpty());
}

void ChatPicturesTest::picturesCanBeSavedAndCopied()
{
    open();
    const QByteArray file = tests::encoded(tests::halves(Qt::green, Qt::blue), "JPEG");
    ui::GivenMedia given;
    given.contents << file;
    m_controller->attach(given);
    QTRY_VERIFY(m_assistant->mediumNumber > 0);
    m_assistant->finishMedium();
    send("What?");
    const ui::Picture picture = pictureOf(0, 0);
    QCOMPARE(picture.name, "picture.jpeg");

    const QString path = m_folder.filePath("saved.jpeg");
    emit m_window->pictureSaveRequested(picture, path);
    QFile saved(path);
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(saved.readAll(), file);

    QGuiApplication::clipboard()->clear();
    emit m_window->pictureCopyRequested(picture);
    QTRY_COMPARE(QGuiApplication::clipboard()->image().size(), QSize(16, 8));
}

void ChatPicturesTest::unwritablePlacesAreSaid()
{
    emit m_window->pictureSaveRequested({"a.png", {}, {}, "bytes"},
                                        m_folder.filePath("no/such/folder/a.png"));
    QVERIFY2(notice().startsWith("a.png cannot be written"), qPrintable(notice()));
}

QTEST_MAIN(ChatPicturesTest)
#include "chat_pictures_test.moc"
