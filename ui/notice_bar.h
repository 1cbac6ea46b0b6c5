#pragma once

#include <QFrame>
#include <QVector>

class QHBoxLayout;
class QLabel;

namespace ui {

// What a person can do about something that went wrong.
enum class Remedy {
    OpenModel,
    ReloadModel,
    ReplaceModel,  // close the open model first, then try the new one again
    NewChat,
    AnswerAgain,
    Transcribe,  // in a window of its own
};

// One sentence about what went wrong, and buttons with what to do. Blocks nothing.
class NoticeBar : public QFrame {
    Q_OBJECT

public:
    explicit NoticeBar(QWidget* parent = nullptr);

    void showNotice(const QString& text, const QVector<Remedy>& remedies);
    QString text() const;

signals:
    void remedyChosen(ui::Remedy remedy);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* m_text;
    QWidget* m_buttons;
    QHBoxLayout* m_buttonRow;
};

}  // namespace ui
