#include <QTest>

#include <cstdlib>
#include <filesystem>

#include "tests/golden/multimodal_checks.h"
#include "tests/support/golden_model.h"
#include "tests/support/media_cache.h"

using tests::CaseTurn;
using tests::must;

namespace {

// The folder of the trained small model, which holds it in both forms and examples to ask it.
std::filesystem::path demoFolder()
{
    const char* path = std::getenv("NESTLING_DEMO");
    return path == nullptr ? std::filesystem::path() : std::filesystem::path(path);
}

// The answers to one conversation.
std::vector<std::string> answersTo(const std::shared_ptr<const engine::Model>& model,
                                   const std::string& size, const std::vector<CaseTurn>& turns,
                                   const tests::Encode& encode)
{
    std::vector<std::string> answers;
    engine::Session session = tests::startSessionAt(model, size);
    for (const CaseTurn& turn : turns) {
        must(session.append({engine::Role::User, must(tests::toParts(turn.parts, encode))}, {}));
        const std::uint32_t length = session.length();
        answers.push_back(must(session.generate(tests::greedy(256), {}, {})).text);
        session.truncate(length);
        must(session.append({engine::Role::Assistant, {turn.said}}, {}));
    }
    return answers;
}

}  // namespace

// The trained small model with unquantized weights, in both forms: golden prompts, and every
// example of pictures, sounds and text.
class MultimodalHeavyTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void promptsAnswerAsPublished_data();
    void promptsAnswerAsPublished();
    void examplesAnswerAsTheReference_data() { promptsAnswerAsPublished_data(); }
    void examplesAnswerAsTheReference();

private:
    std::shared_ptr<const engine::Model> load(const QString& form) const;

    std::shared_ptr<engine::Device> m_device;
};

void MultimodalHeavyTest::initTestCase()
{
    if (demoFolder().empty())
        QSKIP("NESTLING_DEMO does not name the folder of the trained small model");
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
}

std::shared_ptr<const engine::Model> MultimodalHeavyTest::load(const QString& form) const
{
    const auto folder = demoFolder();
    const engine::ModelPaths paths{form == "folder" ? folder : folder / "nestling-demo-f16.gguf"};
    auto model = must(engine::Model::load(m_device, paths, {}, {}));
    if (!model->vision())
        qFatal("%s", model->info().visionHint.c_str());
    return model;
}

void MultimodalHeavyTest::promptsAnswerAsPublished_data()
{
    QTest::addColumn<QString>("form");
    QTest::addColumn<QString>("size");
    for (const char* size : {"full", "half"}) {
        QTest::addRow("Hugging Face folder, %s", size) << "folder" << size;
        QTest::addRow("GGUF and mmproj, %s", size) << "gguf" << size;
    }
}

void MultimodalHeavyTest::promptsAnswerAsPublished()
{
    QFETCH(const QString, form);
    QFETCH(const QString, size);
    const auto model = load(form);
    tests::MediaCache media(model, TEST_DATA_DIR "/golden/multimodal");
    int checked = 0;
    for (const auto& each :
         must(tests::readMultimodalCases(TEST_DATA_DIR "/golden/multimodal", size.toStdString()))) {
        tests::checkCase(model, size.toStdString(), each, std::ref(media), 1e-3);
        if (QTest::currentTestFailed())
            return;
        ++checked;
    }
    QVERIFY(checked >= 20);
}

void MultimodalHeavyTest::examplesAnswerAsTheReference()
{
    QFETCH(const QString, form);
    QFETCH(const QString, size);
    const auto model = load(form);
    const auto examples = demoFolder() / "eval";
    tests::MediaCache media(model, examples);
    int same = 0;
    int all = 0;
    for (const auto& turns : must(tests::readExamples(examples, size.toStdString()))) {
        const auto answers = answersTo(model, size.toStdString(), turns, std::ref(media));
        for (std::size_t i = 0; i < turns.size(); ++i) {
            ++all;
            if (answers[i] == turns[i].answer)
                ++same;
            else
                qWarning("'%s' is answered with '%s'", turns[i].answer.c_str(), answers[i].c_str());
        }
    }
    qInfo("%d of %d answers are the reference's", same, all);
    QVERIFY(all > 0 && same * 100 >= all * 97);
}

QTEST_GUILESS_MAIN(MultimodalHeavyTest)
#include "multimodal_heavy_test.moc"
