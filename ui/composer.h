#pragma once

#include <QFrame>
#include <QPlainTextEdit>

namespace ui {

class Button;

// Where a message is typed. Enter sends, Shift+Enter breaks the line; as high as its text, up to
// a few lines.
class MessageField : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit MessageField(QWidget* parent = nullptr);

signals:
    void enterPressed();
    // Something other than text was pasted or dropped.
    void dataGiven(const QMimeData& data);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool canInsertFromMimeData(const QMimeData* source) const override;
    void insertFromMimeData(const QMimeData* source) override;

private:
    void fitHeight();
};

// The field and its button, which sends or, while an answer is being made, stops. What was typed
// stays until the receiver of submitted() takes it away.
class Composer : public QFrame {
    Q_OBJECT

public:
    enum class Mode {
        Ready,
        Waiting,  // typing is possible, sending not yet
        Answering,
        Stopping,
    };

    explicit Composer(QWidget* parent = nullptr);

    void setMode(Mode mode);
    Mode mode() const { return m_mode; }

    QString text() const;

    // Whether there is something to send beside text.
    void setHasAttachments(bool has);

    // Whether what one says can be heard, and whether it is being recorded.
    void setCanSpeak(bool can);
    void setRecording(bool isRecording);

    // Can be undone.
    void clearText();

    // Puts text before what may have been typed meanwhile.
    void takeBack(const QString& text);

    void focusField();

signals:
    void submitted(const QString& text);
    void stopRequested();
    void attachRequested();
    // To start to record, or to end it and send.
    void speakRequested();
    void dataGiven(const QMimeData& data);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    bool hasMessage() const;
    void submit();
    void updateButton();

    Button* m_attach;
    MessageField* m_field;
    Button* m_speak;
    Button* m_button;
    Mode m_mode = Mode::Waiting;
    bool m_hasAttachments = false;
    bool m_canSpeak = false;
    bool m_isRecording = false;
};

}  // namespace ui
