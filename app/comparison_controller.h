#pragma once

#include <QObject>
#include <QString>
#include <QVector>
#include <functional>
#include <memory>

#include "app/comparison.h"
#include "ui/comparison_window.h"

namespace app {

// Turns what people do in the window "Compare sizes" into a Comparison, and what comes of it into a
// table and a picture. Every comparison has a journal in `folder`, named after what is compared, so
// that one that was stopped, or ended with the program, goes on where it was. Must outlive the
// thread that has the model.
class ComparisonController : public QObject {
    Q_OBJECT

public:
    // What can be compared, found on the thread that has the model.
    using FindSizes = std::function<QVector<ui::SizeRow>(const Comparison::Model& model)>;

    ComparisonController(Comparison* comparison, Comparison::UseModel useModel, FindSizes findSizes,
                         const QString& shippedExamples, const QString& folder,
                         QObject* parent = nullptr);
    ~ComparisonController() override;

    // All sizes of a model that can be used.
    static QVector<ui::SizeRow> sizesOf(const Comparison::Model& model);

    void show();
    // The model at this path has been opened.
    void setModel(const QString& model);

    ui::ComparisonWindow& window() { return *m_window; }

signals:
    void sizesFound(const QVector<ui::SizeRow>& sizes, QPrivateSignal);

private:
    void connectWindow();
    void setExamples(const QString& path);
    void start();
    void startOver();
    void onSizesFound(const QVector<ui::SizeRow>& sizes);
    void onProgressed(const ComparisonProgress& progress);
    void onReported(const evaluation::Report& report);
    void onFailed(const Problem& problem);
    void save(const QString& path, ui::ComparisonWindow::Form form);
    void updateState();
    void clearResults();
    evaluation::Request request() const;
    QString journal() const;

    Comparison* m_comparison;
    Comparison::UseModel m_useModel;
    FindSizes m_findSizes;
    QString m_shippedExamples;
    QString m_folder;
    QString m_model;
    QString m_examples;
    QString m_text;
    evaluation::Report m_report;
    ComparisonProgress m_progress;
    std::unique_ptr<ui::ComparisonWindow> m_window;
};

}  // namespace app
