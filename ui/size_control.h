#pragma once

#include <QString>
#include <QVector>
#include <optional>

#include "ui/button.h"

class QAction;
class QActionGroup;
class QLabel;
class QSlider;

namespace ui {

// A size that the open model can run in.
struct SizeOption {
    QString name;
    QString effect;     // what it has, and how fast it should be
    QString refusal{};  // if it cannot be chosen, why
};

// What the application is to choose sizes for, where the person does not choose one.
enum class SizeWish { Quick, Balanced, Best };

// The size of the model beside its name. Its menu says of each what it takes before it is chosen;
// a slider has those between. Decides nothing, and is hidden while there is nothing to say.
class SizeControl : public Button {
    Q_OBJECT

public:
    explicit SizeControl(QWidget* parent = nullptr);

    // `between` are the slider's, from small to large. `hint` is said where sizes are missing.
    void setOptions(const QVector<SizeOption>& sizes, const QVector<SizeOption>& between,
                    const QString& hint);

    const QVector<SizeOption>& options() const { return m_sizes; }

    // The size of the next answer, and why it is that. Without a wish the person chose it.
    void setCurrent(const QString& name, std::optional<SizeWish> wish, const QString& reason);

    // Whether the conversation is read again when the size changes.
    void setReadsAgain(bool readsAgain);

signals:
    void wishChosen(ui::SizeWish wish);
    void sizeChosen(const QString& name);
    void readsAgainChosen(bool readsAgain);

private:
    void addWish(const QString& text, const QString& meaning, SizeWish wish);
    void addSlider();
    void fillSizes(const QString& hint);
    void showBetween(int place);

    QVector<SizeOption> m_sizes;
    QVector<SizeOption> m_between;
    QMenu* m_menu;
    QActionGroup* m_choices;
    QVector<QAction*> m_wishActions;  // in the order of SizeWish
    QVector<QAction*> m_sizeActions;
    QAction* m_sliderAction;
    QSlider* m_slider = nullptr;
    QLabel* m_sliderText = nullptr;
    Button* m_useSlider = nullptr;
    QAction* m_readsAgain;
};

}  // namespace ui
