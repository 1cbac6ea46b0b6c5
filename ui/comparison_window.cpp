#include "ui/comparison_window.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QPainter>
#include <QProgressBar>
#include <QScrollBar>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableWidget>

#include "ui/button.h"
#include "ui/elided_label.h"
#include "ui/theme.h"

namespace ui {

namespace {

// In the dark the style's own outline of a box cannot be told from the page.
class OutlinedBoxes : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        QStyleOptionViewItem item = option;
        initStyleOption(&item, index);
        const QRect box = item.widget->style()->subElementRect(
            QStyle::SE_ItemViewItemCheckIndicator, &item, item.widget);
        painter->setPen(Theme::of(option.palette).secondaryText);
        painter->drawRect(box.adjusted(0, 0, -1, -1));
    }
};

}  // namespace

ComparisonWindow::ComparisonWindow(QWidget* parent)
    : QWidget(parent, Qt::Window)
    , m_examples(new ElidedLabel(this))
    , m_text(new ElidedLabel(this))
    , m_sizes(new QListWidget(this))
    , m_chooseExamples(new Button(tr("Choose…"), Button::Emphasis::Plain, this))
    , m_chooseText(new Button(tr("Choose…"), Button::Emphasis::Plain, this))
    , m_start(new Button(tr("Start"), Button::Emphasis::Primary, this))
    , m_startOver(new Button(tr("Start over"), Button::Emphasis::Plain, this))
    , m_export(new Button(tr("Export"), Button::Emphasis::Plain, this))
    , m_bar(new QProgressBar(this))
    , m_sentence(new QLabel(this))
    , m_table(new QTableWidget(this))
    , m_chart(new ChartArea(this))
{
    setWindowTitle(tr("Compare sizes"));
    setAttribute(Qt::WA_QuitOnClose, false);  // the program ends with its main window
    resize(1040, 740);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kSpaceLarge, kSpaceLarge, kSpaceLarge, kSpaceLarge);
    column->setSpacing(kSpaceLarge);
    column->addWidget(makeChoices());
    column->addWidget(makeProgress());
    column->addWidget(makeResults(), 1);
    setText({});
    setState(State::Unready);
    m_start->setFocus();
}

QWidget* ComparisonWindow::makeChoices()
{
    m_examples->setObjectName("examplesName");
    m_text->setObjectName("textName");
    m_chooseExamples->setObjectName("chooseExamples");
    m_chooseExamples->setAccessibleName(tr("Choose examples"));
    auto* menu = new QMenu(m_chooseExamples);
    connect(menu->addAction(tr("Those that &come along")), &QAction::triggered, this,
            &ComparisonWindow::shippedExamplesChosen);
    connect(menu->addAction(tr("A &file…")), &QAction::triggered, this,
            &ComparisonWindow::chooseExamples);
    m_chooseExamples->setMenu(menu);

    m_chooseText->setObjectName("chooseText");
    m_chooseText->setAccessibleName(tr("Choose a text for the perplexity"));
    auto* textMenu = new QMenu(m_chooseText);
    connect(textMenu->addAction(tr("&None")), &QAction::triggered, this,
            [this] { emit textChosen({}); });
    connect(textMenu->addAction(tr("A &file…")), &QAction::triggered, this,
            &ComparisonWindow::chooseText);
    m_chooseText->setMenu(textMenu);

    m_sizes->setObjectName("sizes");
    m_sizes->setItemDelegate(new OutlinedBoxes(m_sizes));
    m_sizes->setSpacing(1);
    m_sizes->setAccessibleName(tr("Sizes to compare"));
    m_sizes->verticalScrollBar()->setAccessibleName(tr("Scroll the sizes"));
    m_sizes->horizontalScrollBar()->setAccessibleName(tr("Scroll the sizes sideways"));
    m_sizes->setFixedHeight(4 * m_sizes->fontMetrics().height() + 4 * kSpace);
    connect(m_sizes, &QListWidget::itemChanged, this, [this] {
        updateButtons();
        emit sizesChanged();
    });

    auto* choices = new QWidget(this);
    auto* grid = new QGridLayout(choices);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(kSpaceLarge);
    grid->setColumnStretch(1, 1);
    const auto addRow = [&](int row, const QString& name, QWidget* what, QWidget* choose) {
        auto* label = new QLabel(name, choices);
        label->setAlignment(Qt::AlignLeft | (choose ? Qt::AlignVCenter : Qt::AlignTop));
        label->setBuddy(choose ? choose : what);
        grid->addWidget(label, row, 0);
        grid->addWidget(what, row, 1, 1, choose ? 1 : 2);
        if (choose)
            grid->addWidget(choose, row, 2);
    };
    addRow(0, tr("&Examples"), m_examples, m_chooseExamples);
    addRow(1, tr("&Text"), m_text, m_chooseText);
    addRow(2, tr("&Sizes"), m_sizes, nullptr);
    return choices;
}

QWidget* ComparisonWindow::makeProgress()
{
    m_start->setObjectName("startComparison");
    m_startOver->setObjectName("startOver");
    m_startOver->setToolTip(tr("Forget what has been measured, and measure all of it"));
    m_sentence->setObjectName("comparisonSentence");
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    m_bar->setObjectName("comparisonProgress");
    m_bar->setAccessibleName(tr("Progress of the comparison"));
    m_bar->setTextVisible(false);
    connect(m_start, &QPushButton::clicked, this, [this] {
        if (m_state == State::Running)
            emit stopRequested();
        else
            emit startRequested();
    });
    connect(m_startOver, &QPushButton::clicked, this, &ComparisonWindow::startOverRequested);

    auto* part = new QWidget(this);
    auto* grid = new QGridLayout(part);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(kSpaceLarge);
    grid->setColumnStretch(0, 1);
    grid->addWidget(m_bar, 0, 0);
    grid->addWidget(m_startOver, 0, 1);
    grid->addWidget(m_start, 0, 2);
    grid->addWidget(m_sentence, 1, 0, 1, 3);
    return part;
}

QWidget* ComparisonWindow::makeResults()
{
    m_table->setObjectName("comparisonTable");
    m_table->setAccessibleName(tr("Results"));
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalScrollBar()->setAccessibleName(tr("Scroll the results"));
    m_table->horizontalScrollBar()->setAccessibleName(tr("Scroll the results sideways"));
    m_chart->setObjectName("comparisonChart");
    m_chart->setAccessibleName(tr("Quality against speed"));

    m_export->setObjectName("exportComparison");
    m_export->setAccessibleName(tr("Export the results"));
    auto* menu = new QMenu(m_export);
    const auto add = [&](const QString& text, Form form) {
        connect(menu->addAction(text), &QAction::triggered, this,
                [this, form] { chooseExport(form); });
    };
    add(tr("Table as &CSV…"), Form::Csv);
    add(tr("Table as &Markdown…"), Form::Markdown);
    add(tr("&Picture as PNG…"), Form::Picture);
    m_export->setMenu(menu);

    auto* part = new QWidget(this);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kSpace);
    auto* parts = new QSplitter(Qt::Vertical, part);
    parts->setChildrenCollapsible(false);
    parts->addWidget(m_table);
    parts->addWidget(m_chart);
    parts->setStretchFactor(1, 1);
    parts->setSizes({160, 340});
    column->addWidget(parts, 1);
    column->addWidget(m_export, 0, Qt::AlignRight);
    return part;
}

void ComparisonWindow::setExamples(const QString& name)
{
    m_examples->setText(name);
    m_examples->setToolTip(name);
}

void ComparisonWindow::setText(const QString& name)
{
    m_text->setText(name.isEmpty() ? tr("None; a text adds the perplexity") : name);
    m_text->setToolTip(name);
}

void ComparisonWindow::setSizes(const QVector<SizeRow>& sizes)
{
    const QSignalBlocker quiet(m_sizes);
    m_sizes->clear();
    for (const SizeRow& size : sizes) {
        auto* item = new QListWidgetItem(
            size.detail.isEmpty() ? size.name : tr("%1 (%2)").arg(size.name, size.detail), m_sizes);
        item->setData(Qt::UserRole, size.name);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(Qt::Checked);
    }
    updateButtons();
}

QStringList ComparisonWindow::chosenSizes() const
{
    QStringList names;
    for (int i = 0; i < m_sizes->count(); ++i) {
        if (m_sizes->item(i)->checkState() == Qt::Checked)
            names << m_sizes->item(i)->data(Qt::UserRole).toString();
    }
    return names;
}

void ComparisonWindow::setState(State state)
{
    m_state = state;
    updateButtons();
}

void ComparisonWindow::updateButtons()
{
    const bool isBusy = m_state == State::Running || m_state == State::Stopping;
    const bool canStart =
        (m_state == State::Ready || m_state == State::Resumable) && !chosenSizes().isEmpty();
    m_start->setText(isBusy ? tr("Stop") : m_state == State::Resumable ? tr("Go on") : tr("Start"));
    m_start->setEnabled(canStart || m_state == State::Running);
    m_startOver->setVisible(m_state == State::Resumable);
    m_startOver->setEnabled(canStart);
    m_chooseExamples->setEnabled(!isBusy);
    m_chooseText->setEnabled(!isBusy);
    m_sizes->setEnabled(!isBusy);
    m_export->setEnabled(m_hasResults);
}

void ComparisonWindow::setProgress(int done, int total, const QString& sentence)
{
    m_bar->setRange(0, std::max(total, 1));
    m_bar->setValue(done);
    m_sentence->setText(sentence);
}

void ComparisonWindow::setResults(const QStringList& headings, const QVector<QStringList>& rows)
{
    m_hasResults = !rows.isEmpty();
    m_table->setColumnCount(static_cast<int>(headings.size()));
    m_table->setHorizontalHeaderLabels(headings);
    m_table->setRowCount(static_cast<int>(rows.size()));
    for (int row = 0; row < rows.size(); ++row) {
        for (int column = 0; column < rows[row].size(); ++column) {
            auto* item = new QTableWidgetItem(rows[row][column]);
            item->setTextAlignment(Qt::AlignVCenter |
                                   (column == 0 ? Qt::AlignLeft : Qt::AlignRight));
            m_table->setItem(row, column, item);
        }
    }
    m_table->resizeColumnsToContents();
    updateButtons();
}

void ComparisonWindow::setChart(ChartArea::Paint paint, const QString& description)
{
    m_chart->setAccessibleDescription(description);
    m_chart->setPaint(std::move(paint));
}

void ComparisonWindow::chooseExamples()
{
    auto* dialog = new QFileDialog(this, tr("Choose examples"), m_folder,
                                   tr("Lines of JSON (*.jsonl);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_folder = QFileInfo(path).absolutePath();
        emit examplesChosen(path);
    });
    dialog->open();
}

void ComparisonWindow::chooseText()
{
    auto* dialog = new QFileDialog(this, tr("Choose a text"), m_folder,
                                   tr("Text (*.txt *.md);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_folder = QFileInfo(path).absolutePath();
        emit textChosen(path);
    });
    dialog->open();
}

void ComparisonWindow::chooseExport(Form form)
{
    const QString name = form == Form::Csv        ? tr("sizes.csv")
                         : form == Form::Markdown ? tr("sizes.md")
                                                  : tr("sizes.png");
    auto* dialog = new QFileDialog(this, tr("Export the results"), m_folder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(name);
    connect(dialog, &QFileDialog::fileSelected, this, [this, form](const QString& path) {
        m_folder = QFileInfo(path).absolutePath();
        emit exportRequested(path, form);
    });
    dialog->open();
}

void ComparisonWindow::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        close();
    else
        QWidget::keyPressEvent(event);
}

}  // namespace ui
