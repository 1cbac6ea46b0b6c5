#pragma once

#include <QDialog>

class QLabel;
class QPlainTextEdit;
class QProgressBar;

namespace ui {

class Button;

// A window that shows what is said in a sound file, while it is written down. Text that is added at
// the end stays in view unless the person scrolled away. Closing it deletes it, and asks before
// where the text has been neither copied nor exported.
class TranscriptWindow : public QDialog {
    Q_OBJECT

public:
    explicit TranscriptWindow(const QString& fileName, QWidget* parent = nullptr);

    // How far it is, from 0 to 1, or less than 0 where that cannot be told; and in words.
    void showProgress(double fraction, const QString& state);

    // What is said at a time.
    void add(const QString& time, const QString& text);

    // Nothing more will come; the sentence says why.
    void finish(const QString& sentence);

    // What is going on, or went wrong, besides.
    void showState(const QString& sentence);

    // The transcript is in this file now.
    void showExported(const QString& path);

    QString text() const;

    void reject() override;

signals:
    void stopRequested();
    void exportRequested(const QString& path);

private:
    void layOut();
    void copy();
    void chooseFile();

    QString m_fileName;
    bool m_isKept = true;  // what there is, elsewhere too
    QLabel* m_state;
    QProgressBar* m_bar;
    QPlainTextEdit* m_text;
    Button* m_stop;
    Button* m_copy;
    Button* m_export;
};

}  // namespace ui
