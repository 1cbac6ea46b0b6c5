#pragma once

#include <QElapsedTimer>
#include <QFrame>
#include <chrono>

class QLabel;
class QProgressBar;

namespace ui {

// "1.2 of 4.4 GB, about 12 s left"; without the time in the first second, when it would be a guess.
QString progressText(quint64 bytesDone, quint64 bytesTotal, std::chrono::milliseconds elapsed);

// A row that tells how far the loading of a model is, and offers to give it up.
class LoadProgress : public QFrame {
    Q_OBJECT

public:
    explicit LoadProgress(QWidget* parent = nullptr);

    void begin(const QString& modelName);
    void setProgress(quint64 bytesDone, quint64 bytesTotal);

signals:
    void cancelRequested();

private:
    QLabel* m_title;
    QLabel* m_detail;
    QProgressBar* m_bar;
    QElapsedTimer m_started;
};

}  // namespace ui
