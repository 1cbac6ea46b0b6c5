#include "ui/transcript_window.h"

#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/button.h"
#include "ui/theme.h"

namespace ui {

namespace {

constexpr int kBarSteps = 1000;
constexpr int kBarHeight = 6;

// What a file's name ends with by the kind of file: "srt" of "SubRip subtitles (*.srt)".
QString endingOf(const QString& filter)
{
    const qsizetype begin = filter.indexOf(QStringLiteral("*.")) + 2;
    return filter.mid(begin, filter.indexOf(u')') - begin);
}

}  // namespace

TranscriptWindow::TranscriptWindow(const QString& fileName, QWidget* parent)
    : QDialog(parent)
    , m_fileName(fileName)
    , m_state(new QLabel(this))
    , m_bar(new QProgressBar(this))
    , m_text(new QPlainTextEdit(this))
    , m_stop(new Button(tr("Stop"), Button::Emphasis::Plain, this))
    , m_copy(new Button(tr("Copy"), Button::Emphasis::Plain, this))
    , m_export(new Button(tr("Export…"), Button::Emphasis::Primary, this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowFlag(Qt::WindowMaximizeButtonHint);
    setWindowTitle(tr("Transcript of %1").arg(fileName));
    m_state->setObjectName("transcriptState");
    m_state->setTextFormat(Qt::PlainText);
    m_state->setWordWrap(true);
    m_bar->setAccessibleName(tr("Progress of writing down what is said"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(kBarHeight);
    m_bar->setRange(0, 0);
    m_text->setObjectName("transcriptText");
    m_text->setAccessibleName(tr("Transcript"));
    m_text->setReadOnly(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setFont(readingFont());
    m_text->setPlaceholderText(tr("What is said appears here."));
    m_stop->setObjectName("stopTranscript");
    m_stop->setAccessibleName(tr("Stop writing down what is said"));
    m_copy->setObjectName("copyTranscript");
    m_copy->setAccessibleName(tr("Copy the transcript"));
    m_copy->setEnabled(false);
    m_export->setObjectName("exportTranscript");
    m_export->setAccessibleName(tr("Export the transcript"));
    m_export->setEnabled(false);
    for (Button* button : {m_stop, m_copy, m_export})
        button->setAutoDefault(false);
    connect(m_stop, &QPushButton::clicked, this, &TranscriptWindow::stopRequested);
    connect(m_copy, &QPushButton::clicked, this, &TranscriptWindow::copy);
    connect(m_export, &QPushButton::clicked, this, &TranscriptWindow::chooseFile);
    layOut();
    resize(620, 520);
}

void TranscriptWindow::layOut()
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kSpaceLarge, kSpaceLarge, kSpaceLarge, kSpaceLarge);
    column->setSpacing(kSpace);
    column->addWidget(m_state);
    column->addWidget(m_bar);
    column->addWidget(m_text, 1);
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpace);
    row->addWidget(m_stop);
    row->addStretch(1);
    row->addWidget(m_copy);
    row->addWidget(m_export);
    column->addLayout(row);
}

void TranscriptWindow::showProgress(double fraction, const QString& state)
{
    m_state->setText(state);
    m_bar->setRange(0, fraction < 0 ? 0 : kBarSteps);
    if (fraction >= 0)
        m_bar->setValue(static_cast<int>(std::min(fraction, 1.0) * kBarSteps));
}

void TranscriptWindow::add(const QString& time, const QString& text)
{
    m_text->appendPlainText(QStringLiteral("%1   %2").arg(time, text));
    m_isKept = false;
    m_copy->setEnabled(true);
    m_export->setEnabled(true);
}

void TranscriptWindow::finish(const QString& sentence)
{
    m_state->setText(sentence);
    m_bar->hide();
    m_stop->setEnabled(false);
}

void TranscriptWindow::showState(const QString& sentence)
{
    m_state->setText(sentence);
}

void TranscriptWindow::showExported(const QString& path)
{
    m_isKept = true;
    m_state->setText(tr("Saved as %1.").arg(path));
}

// By Escape as by the window's frame.
void TranscriptWindow::reject()
{
    if (m_isKept) {
        QDialog::reject();
        return;
    }
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Close the transcript?"),
                                tr("The transcript has been neither exported nor copied, and is "
                                   "lost if it is closed."),
                                QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* close = box->addButton(tr("Close"), QMessageBox::DestructiveRole);
    connect(close, &QPushButton::clicked, this, [this] { QDialog::reject(); });
    box->setDefaultButton(QMessageBox::Cancel);  // nothing is lost by Enter
    box->open();
}

QString TranscriptWindow::text() const
{
    return m_text->toPlainText();
}

// What is selected, or all of it.
void TranscriptWindow::copy()
{
    if (m_text->textCursor().hasSelection()) {
        m_text->copy();
        return;
    }
    QGuiApplication::clipboard()->setText(text());
    m_isKept = true;
}

void TranscriptWindow::chooseFile()
{
    auto* dialog = new QFileDialog(this, tr("Export the transcript"), {},
                                   tr("Text (*.txt);;SubRip subtitles (*.srt);;"
                                      "WebVTT subtitles (*.vtt)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(QFileInfo(m_fileName).completeBaseName());
    dialog->setDefaultSuffix(endingOf(dialog->selectedNameFilter()));
    connect(dialog, &QFileDialog::filterSelected, dialog,
            [dialog](const QString& filter) { dialog->setDefaultSuffix(endingOf(filter)); });
    connect(dialog, &QFileDialog::fileSelected, this, &TranscriptWindow::exportRequested);
    dialog->open();
}

}  // namespace ui
