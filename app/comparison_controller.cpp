#include "app/comparison_controller.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLocale>
#include <QSaveFile>
#include <cmath>
#include <utility>

#include "app/conversion.h"
#include "app/evaluation/chart.h"
#include "app/evaluation/export.h"
#include "engine/model.h"

namespace app {

namespace {

using Form = ui::ComparisonWindow::Form;
using State = ui::ComparisonWindow::State;

QStringList toTexts(const std::vector<std::string>& texts)
{
    QStringList result;
    for (const std::string& text : texts)
        result << toText(std::string_view(text));
    return result;
}

QString timeText(double seconds)
{
    const QLocale locale;
    return seconds < 90 ? ComparisonController::tr("about %1 s left")
                              .arg(locale.toString(std::lround(seconds)))
                        : ComparisonController::tr("about %1 min left")
                              .arg(locale.toString(std::lround(seconds / 60)));
}

}  // namespace

ComparisonController::ComparisonController(Comparison* comparison, Comparison::UseModel useModel,
                                           FindSizes findSizes, const QString& shippedExamples,
                                           const QString& folder, QObject* parent)
    : QObject(parent)
    , m_comparison(comparison)
    , m_useModel(std::move(useModel))
    , m_findSizes(std::move(findSizes))
    , m_shippedExamples(shippedExamples)
    , m_folder(folder)
    , m_window(std::make_unique<ui::ComparisonWindow>())
{
    connectWindow();
    connect(this, &ComparisonController::sizesFound, this, &ComparisonController::onSizesFound,
            Qt::QueuedConnection);
    connect(m_comparison, &Comparison::progressed, this, &ComparisonController::onProgressed);
    connect(m_comparison, &Comparison::reported, this, &ComparisonController::onReported);
    connect(m_comparison, &Comparison::failed, this, &ComparisonController::onFailed);
    connect(m_comparison, &Comparison::completed, this, [this] {
        updateState();
        m_window->setProgress(m_progress.done, m_progress.total, tr("Done."));
    });
    setExamples(m_shippedExamples);
}

ComparisonController::~ComparisonController() = default;

QVector<ui::SizeRow> ComparisonController::sizesOf(const Comparison::Model& model)
{
    QVector<ui::SizeRow> rows;
    if (!model)
        return rows;
    for (const engine::SizeInfo& size : model->sizes().sizes) {
        if (!size.refusal.empty())
            continue;
        const QString millions = QLocale().toString(static_cast<double>(size.parameters) / 1e6, 'f',
                                                    size.parameters < 100'000'000 ? 2 : 0);
        rows.push_back(
            {toText(std::string_view(size.size.name)), tr("%1 million parameters").arg(millions)});
    }
    return rows;
}

void ComparisonController::connectWindow()
{
    ui::ComparisonWindow* const window = m_window.get();
    connect(window, &ui::ComparisonWindow::examplesChosen, this,
            &ComparisonController::setExamples);
    connect(window, &ui::ComparisonWindow::shippedExamplesChosen, this,
            [this] { setExamples(m_shippedExamples); });
    connect(window, &ui::ComparisonWindow::textChosen, this, [this](const QString& path) {
        m_text = path;
        m_window->setText(QDir::toNativeSeparators(path));
        clearResults();
    });
    connect(window, &ui::ComparisonWindow::sizesChanged, this, &ComparisonController::clearResults);
    connect(window, &ui::ComparisonWindow::startRequested, this, &ComparisonController::start);
    connect(window, &ui::ComparisonWindow::startOverRequested, this,
            &ComparisonController::startOver);
    connect(window, &ui::ComparisonWindow::stopRequested, this, [this] {
        m_window->setState(State::Stopping);
        m_comparison->stop();
    });
    connect(window, &ui::ComparisonWindow::exportRequested, this, &ComparisonController::save);
}

void ComparisonController::show()
{
    m_window->show();
    m_window->raise();
    m_window->activateWindow();
}

void ComparisonController::setModel(const QString& model)
{
    if (model == m_model)
        return;
    m_model = model;
    m_window->setSizes({});
    clearResults();
    m_useModel([this](const auto& open) { emit sizesFound(m_findSizes(open), QPrivateSignal()); });
}

void ComparisonController::setExamples(const QString& path)
{
    m_examples = path;
    m_window->setExamples(path == m_shippedExamples ? tr("Those that come along")
                                                    : QDir::toNativeSeparators(path));
    clearResults();
}

void ComparisonController::onSizesFound(const QVector<ui::SizeRow>& sizes)
{
    m_window->setSizes(sizes);
    clearResults();
    if (sizes.size() == 1)
        m_window->setProgress(0, 1, tr("This model has one size, which can be measured."));
}

void ComparisonController::start()
{
    if (m_comparison->isRunning())
        return;
    if (!QDir().mkpath(m_folder)) {
        m_window->setProgress(0, 1,
                              tr("%1 cannot be made, so results cannot be kept. Make room, or "
                                 "allow writing there.")
                                  .arg(QDir::toNativeSeparators(m_folder)));
        return;
    }
    m_window->setState(State::Running);
    m_window->setProgress(0, 1, tr("Reading the files…"));
    m_comparison->start(request());
}

void ComparisonController::startOver()
{
    QFile::remove(journal());
    clearResults();
    start();
}

void ComparisonController::onProgressed(const ComparisonProgress& progress)
{
    m_progress = progress;
    const QLocale locale;
    QString sentence =
        tr("%1 of %2 done").arg(locale.toString(progress.done), locale.toString(progress.total));
    if (progress.secondsLeft >= 0 && progress.done < progress.total)
        sentence = tr("%1, %2").arg(sentence, timeText(progress.secondsLeft));
    m_window->setProgress(progress.done, progress.total, sentence);
}

void ComparisonController::onReported(const evaluation::Report& report)
{
    m_report = report;
    QVector<QStringList> rows;
    QStringList descriptions;
    const QStringList headings = toTexts(evaluation::headings());
    for (const evaluation::SizeReport& size : report.sizes) {
        rows << toTexts(evaluation::cells(size));
        descriptions << tr("%1: %2 exact, %3 tokens/s")
                            .arg(rows.last()[0], rows.last()[1],
                                 QLocale().toString(size.tokensPerSecond, 'f', 1));
    }
    m_window->setResults(headings, rows);
    m_window->setChart(
        [report](QPainter& painter, const QRectF& area, const QPalette& palette) {
            evaluation::paintChart(painter, area, palette, report);
        },
        descriptions.join(u"; "));
}

void ComparisonController::onFailed(const Problem& problem)
{
    updateState();
    m_window->setProgress(m_progress.done, m_progress.total,
                          problem.kind == Problem::Kind::Cancelled
                              ? tr("Stopped. What has been measured is kept; go on whenever you "
                                   "like.")
                              : problem.sentence);
}

void ComparisonController::save(const QString& path, Form form)
{
    QString problem;
    if (form == Form::Picture) {
        if (const auto saved = evaluation::saveChart(m_report, toPath(path)); !saved)
            problem = toProblem(saved.error()).sentence;
    } else {
        const std::string text =
            form == Form::Csv ? evaluation::toCsv(m_report) : evaluation::toMarkdown(m_report);
        QSaveFile file(path);
        const bool isWritten = file.open(QIODevice::WriteOnly) &&
                               file.write(QByteArray::fromStdString(text)) >= 0 && file.commit();
        if (!isWritten)
            problem = tr("%1 cannot be written: %2. Choose another place.")
                          .arg(QDir::toNativeSeparators(path), file.errorString());
    }
    m_window->setProgress(m_progress.done, std::max(m_progress.total, 1),
                          problem.isEmpty() ? tr("Saved as %1.").arg(QFileInfo(path).fileName())
                                            : problem);
}

void ComparisonController::clearResults()
{
    m_report = {};
    m_progress = {};
    m_window->setResults({}, {});
    m_window->setChart({}, {});
    m_window->setProgress(0, 1, {});
    updateState();
}

void ComparisonController::updateState()
{
    if (m_comparison->isRunning())
        return;
    const bool hasModel = !m_model.isEmpty() && !m_window->chosenSizes().isEmpty();
    if (!hasModel)
        m_window->setState(State::Unready);
    else
        m_window->setState(QFileInfo(journal()).size() > 0 ? State::Resumable : State::Ready);
}

evaluation::Request ComparisonController::request() const
{
    evaluation::Request request;
    request.model = toPath(m_model);
    request.examples = toPath(m_examples);
    request.text = toPath(m_text);
    for (const QString& size : m_window->chosenSizes())
        request.sizes.push_back(toUtf8(size));
    request.journal = toPath(journal());
    return request;
}

// The same choices have the same journal; whether the files behind them have changed is for it to
// notice.
QString ComparisonController::journal() const
{
    const QStringList choices{m_model, m_examples, m_text, m_window->chosenSizes().join(u'\n')};
    const QByteArray name =
        QCryptographicHash::hash(choices.join(u'\0').toUtf8(), QCryptographicHash::Sha256)
            .toHex()
            .left(16);
    return QDir(m_folder).filePath(QString::fromLatin1(name) + QStringLiteral(".jsonl"));
}

}  // namespace app
