#pragma once

#include <QStringList>
#include <QVector>
#include <QWidget>

#include "ui/chart_area.h"

class QLabel;
class QListWidget;
class QProgressBar;
class QTableWidget;

namespace ui {

class Button;
class ElidedLabel;

// A size of the open model, to be chosen.
struct SizeRow {
    QString name;
    QString detail;  // "4.2 M parameters"
};

// The window in which the sizes of a model are compared on examples: what to ask, which sizes, how
// far it is, and what came of it. Decides nothing.
class ComparisonWindow : public QWidget {
    Q_OBJECT

public:
    enum class State {
        Unready,  // there is nothing to compare
        Ready,
        Resumable,  // some of it has been done before
        Running,
        Stopping,
    };
    enum class Form { Csv, Markdown, Picture };

    explicit ComparisonWindow(QWidget* parent = nullptr);

    // How what was chosen is called; an empty text is none.
    void setExamples(const QString& name);
    void setText(const QString& name);

    // All of them are chosen.
    void setSizes(const QVector<SizeRow>& sizes);
    QStringList chosenSizes() const;

    void setState(State state);
    State state() const { return m_state; }

    // How much is done, and what to say of it.
    void setProgress(int done, int total, const QString& sentence);
    void setResults(const QStringList& headings, const QVector<QStringList>& rows);
    void setChart(ChartArea::Paint paint, const QString& description);

signals:
    void examplesChosen(const QString& path);
    void shippedExamplesChosen();
    void textChosen(const QString& path);  // empty for none
    void sizesChanged();
    void startRequested();
    void startOverRequested();
    void stopRequested();
    void exportRequested(const QString& path, ui::ComparisonWindow::Form form);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* makeChoices();
    QWidget* makeProgress();
    QWidget* makeResults();
    void chooseExamples();
    void chooseText();
    void chooseExport(Form form);
    void updateButtons();

    State m_state = State::Unready;
    bool m_hasResults = false;
    QString m_folder;

    ElidedLabel* m_examples;
    ElidedLabel* m_text;
    QListWidget* m_sizes;
    Button* m_chooseExamples;
    Button* m_chooseText;
    Button* m_start;
    Button* m_startOver;
    Button* m_export;
    QProgressBar* m_bar;
    QLabel* m_sentence;
    QTableWidget* m_table;
    ChartArea* m_chart;
};

}  // namespace ui
