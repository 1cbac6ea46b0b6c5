#include "app/embedded_model.h"

#include <QTest>

class EmbeddedModelTest : public QObject {
    Q_OBJECT

private slots:
    void liesBesideTheFolderOfTheProgram();
    void examplesLieBesideIt();
};

void EmbeddedModelTest::liesBesideTheFolderOfTheProgram()
{
    const std::filesystem::path program = QCoreApplication::applicationFilePath().toStdString();
    const std::filesystem::path model = app::embeddedModelPath();
    QCOMPARE(model.parent_path(), program.parent_path().parent_path() / "share/nestling/models");
    QVERIFY(std::filesystem::file_size(model) > 1'000'000);
}

void EmbeddedModelTest::examplesLieBesideIt()
{
    const std::filesystem::path examples = app::shippedExamplesPath();
    QCOMPARE(examples.parent_path().parent_path(),
             app::embeddedModelPath().parent_path().parent_path());
    QVERIFY(std::filesystem::file_size(examples) > 10'000);
}

QTEST_GUILESS_MAIN(EmbeddedModelTest)
#include "embedded_model_test.moc"
