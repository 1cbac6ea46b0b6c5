#include <QAbstractButton>
#include <QAccessible>
#include <QApplication>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>

#include "app/comparison.h"
#include "app/comparison_controller.h"
#include "tests/app/evaluation/scripted_subject.h"
#include "ui/comparison_window.h"

using app::Comparison;
using app::ComparisonController;
using app::evaluation::Journal;
using app::evaluation::Plan;
using app::evaluation::Request;
using app::evaluation::Run;
using tests::numberedExamples;
using tests::ScriptedSubject;
using State = ui::ComparisonWindow::State;

// The window "Compare sizes" as a person meets it, with a model that a test plays. What would
// happen on the engine's thread happens here, when the event loop comes to it.
class ComparisonTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void shippedExamplesAreOfferedFirst();
    void startShowsATableAndAPicture();
    void stopsAndGoesOn();
    void goesOnAfterTheProgramEnded();
    void startsOver();
    void changedFilesAreNoticed();
    void messagesComeInBetween();
    void anotherModelEndsIt();
    void withoutASizeNothingStarts();
    void resultsAreExported_data();
    void resultsAreExported();
    void everyControlHasAName();

private:
    void makeController();
    engine::Result<std::unique_ptr<Run>> prepare(const Request& request);
    template <typename Widget>
    Widget* find(const char* name) const
    {
        return m_controller->window().findChild<Widget*>(name);
    }
    void click(const char* button) { QTest::mouseClick(find<QPushButton>(button), Qt::LeftButton); }
    QString sentence() const { return find<QLabel>("comparisonSentence")->text(); }
    State state() const { return m_controller->window().state(); }
    // Lets the model do so much.
    void work(int steps);

    std::unique_ptr<QTemporaryDir> m_folder;
    QVector<std::function<void()>> m_posted;
    std::shared_ptr<const engine::Model> m_model;
    std::string m_examplesDigest;
    int m_asked = 0;
    std::unique_ptr<Comparison> m_comparison;
    std::unique_ptr<ComparisonController> m_controller;
};

void ComparisonTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_posted.clear();
    m_model.reset();
    m_examplesDigest = "as they were";
    m_asked = 0;
    makeController();
}

void ComparisonTest::makeController()
{
    m_controller.reset();
    const auto useModel = [this](const std::function<void(const Comparison::Model&)>& work) {
        m_posted.push_back([this, work] { work(m_model); });
    };
    const auto prepareIt = [this](const Comparison::Model&, const Request& request,
                                  const std::stop_token&) { return prepare(request); };
    const auto sizes = [](const Comparison::Model&) {
        return QVector<ui::SizeRow>{{"whole", "4 M"}, {"half", "2 M"}};
    };
    m_comparison = std::make_unique<Comparison>(useModel, prepareIt);
    m_controller = std::make_unique<ComparisonController>(m_comparison.get(), useModel, sizes,
                                                          "/shipped/examples.jsonl",
                                                          m_folder->filePath("comparisons"));
    m_controller->setModel("/models/scripted.gguf");
    m_controller->show();
    work(1);
}

// Eight steps: four examples at two sizes.
engine::Result<std::unique_ptr<Run>> ComparisonTest::prepare(const Request& request)
{
    ENGINE_TRY(
        auto journal,
        Journal::open(request.journal,
                      {m_examplesDigest, "m", {}, "paper", request.sizes, request.mostTokens}));
    auto subject = std::make_unique<ScriptedSubject>([this](const auto& example, std::size_t size) {
        ++m_asked;
        return app::evaluation::ExampleResult{{{size == 0 ? *example.turns[0].expected : "no", 11,
                                                size == 0 ? 1.0 : 0.5, 0.1, std::nullopt}},
                                              {}};
    });
    subject->facts.resize(request.sizes.size());
    return std::make_unique<Run>(Plan{numberedExamples(4)}, std::move(subject), std::move(journal));
}

void ComparisonTest::work(int steps)
{
    for (int i = 0; i < steps; ++i) {
        QCoreApplication::processEvents();
        if (m_posted.isEmpty())
            return;
        m_posted.takeFirst()();
    }
    QCoreApplication::processEvents();
}

void ComparisonTest::shippedExamplesAreOfferedFirst()
{
    QCOMPARE(find<QLabel>("examplesName")->text(), "Those that come along");
    QCOMPARE(m_controller->window().chosenSizes(), QStringList({"whole", "half"}));
    QCOMPARE(state(), State::Ready);
    QVERIFY(!find<QPushButton>("exportComparison")->isEnabled());

    emit m_controller->window().examplesChosen("/home/me/mine.jsonl");
    QCOMPARE(find<QLabel>("examplesName")->text(), "/home/me/mine.jsonl");
}

// By keyboard.
void ComparisonTest::startShowsATableAndAPicture()
{
    m_controller->window().activateWindow();
    find<QPushButton>("startComparison")->setFocus();
    QTest::keyClick(find<QPushButton>("startComparison"), Qt::Key_Space);
    QCOMPARE(state(), State::Running);
    work(4);  // what is read first, and three steps
    QCOMPARE(find<QProgressBar>("comparisonProgress")->value(), 3);
    QVERIFY2(sentence().startsWith("3 of 8 done, about "), qPrintable(sentence()));
    work(100);
    QCOMPARE(sentence(), "Done.");
    QCOMPARE(m_asked, 8);

    const auto* table = find<QTableWidget>("comparisonTable");
    QCOMPARE(table->rowCount(), 2);
    QCOMPARE(table->item(0, 0)->text(), "whole");
    QCOMPARE(table->item(0, 1)->text(), "4 of 4");
    QCOMPARE(table->item(1, 1)->text(), "0 of 4");
    QCOMPARE(table->item(1, 7)->text(), "20.0");
    const auto* chart = find<QWidget>("comparisonChart");
    QCOMPARE(chart->accessibleDescription(),
             "whole: 4 of 4 exact, 10.0 tokens/s; half: 0 of 4 exact, 20.0 tokens/s");
}

void ComparisonTest::stopsAndGoesOn()
{
    click("startComparison");
    work(4);
    QCOMPARE(find<QPushButton>("startComparison")->text(), "Stop");
    click("startComparison");
    QCOMPARE(state(), State::Stopping);
    work(100);
    QCOMPARE(m_asked, 3);
    QVERIFY(sentence().startsWith("Stopped."));
    QCOMPARE(state(), State::Resumable);
    QCOMPARE(find<QPushButton>("startComparison")->text(), "Go on");

    click("startComparison");
    work(100);
    QCOMPARE(m_asked, 8);
    QCOMPARE(find<QTableWidget>("comparisonTable")->item(0, 1)->text(), "4 of 4");
}

void ComparisonTest::goesOnAfterTheProgramEnded()
{
    click("startComparison");
    work(6);
    QCOMPARE(m_asked, 5);
    m_posted.clear();  // with the other thread
    makeController();
    QCOMPARE(state(), State::Resumable);
    click("startComparison");
    work(100);
    QCOMPARE(m_asked, 8);
    QCOMPARE(sentence(), "Done.");
}

void ComparisonTest::startsOver()
{
    QVERIFY(!find<QPushButton>("startOver")->isVisible());
    click("startComparison");
    work(100);
    click("startOver");
    work(100);
    QCOMPARE(m_asked, 16);
    QCOMPARE(sentence(), "Done.");
}

void ComparisonTest::changedFilesAreNoticed()
{
    click("startComparison");
    work(100);
    m_examplesDigest = "edited";
    click("startComparison");
    work(100);
    QCOMPARE(m_asked, 8);
    QVERIFY2(sentence().contains("other examples, or they have changed"), qPrintable(sentence()));
    click("startOver");
    work(100);
    QCOMPARE(m_asked, 16);
}

void ComparisonTest::messagesComeInBetween()
{
    click("startComparison");
    work(2);
    bool isAnswered = false;
    m_posted.push_back([&] { isAnswered = true; });
    work(2);
    QVERIFY(isAnswered);
    QVERIFY(m_asked < 8);
}

void ComparisonTest::anotherModelEndsIt()
{
    click("startComparison");
    work(3);
    // Never looked into: that it is another one is all.
    const auto other = std::make_shared<int>();
    m_model = {other, reinterpret_cast<const engine::Model*>(other.get())};
    work(100);
    QVERIFY2(sentence().startsWith("Another model was opened"), qPrintable(sentence()));
    QCOMPARE(m_asked, 2);
    QVERIFY(!m_comparison->isRunning());
}

void ComparisonTest::withoutASizeNothingStarts()
{
    auto* sizes = find<QListWidget>("sizes");
    sizes->item(0)->setCheckState(Qt::Unchecked);
    QCOMPARE(m_controller->window().chosenSizes(), QStringList("half"));
    QVERIFY(find<QPushButton>("startComparison")->isEnabled());
    sizes->item(1)->setCheckState(Qt::Unchecked);
    QVERIFY(!find<QPushButton>("startComparison")->isEnabled());
    sizes->item(0)->setCheckState(Qt::Checked);
    click("startComparison");
    work(100);
    QCOMPARE(m_asked, 4);
    QCOMPARE(find<QTableWidget>("comparisonTable")->rowCount(), 1);
}

void ComparisonTest::resultsAreExported_data()
{
    QTest::addColumn<int>("action");
    QTest::addColumn<QByteArray>("beginning");

    QTest::newRow("CSV") << 0 << QByteArray("size,kind,answers,");
    QTest::newRow("Markdown") << 1 << QByteArray("scripted on paper:");
    QTest::newRow("PNG") << 2 << QByteArray("\x89PNG");
}

void ComparisonTest::resultsAreExported()
{
    QFETCH(const int, action);
    QFETCH(const QByteArray, beginning);
    click("startComparison");
    work(100);
    const auto exportTo = [&](const QString& path) {
        find<QPushButton>("exportComparison")->menu()->actions()[action]->trigger();
        auto* dialog = m_controller->window().findChild<QFileDialog*>();
        QVERIFY(dialog);
        emit dialog->fileSelected(path);
        delete dialog;
    };
    exportTo(m_folder->filePath("no folder/file"));
    QVERIFY2(sentence().contains("cannot be written"), qPrintable(sentence()));
    exportTo(m_folder->filePath("file"));
    QCOMPARE(sentence(), "Saved as file.");
    QFile file(m_folder->filePath("file"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().startsWith(beginning));
}

void ComparisonTest::everyControlHasAName()
{
    click("startComparison");
    work(100);
    int controls = 0;
    for (QWidget* widget : m_controller->window().findChildren<QWidget*>()) {
        const bool interactive =
            widget->focusPolicy() != Qt::NoFocus && !widget->objectName().startsWith("qt_");
        if (!interactive || qobject_cast<QMenu*>(widget))
            continue;
        ++controls;
        const QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(widget);
        QVERIFY2(spoken && !spoken->text(QAccessible::Name).isEmpty(),
                 qPrintable(widget->metaObject()->className() + (" " + widget->objectName())));
    }
    QVERIFY(controls >= 7);
}

QTEST_MAIN(ComparisonTest)
#include "comparison_test.moc"
