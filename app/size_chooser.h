#pragma once

#include <QObject>
#include <QString>
#include <functional>
#include <optional>
#include <vector>

#include "app/assistant.h"
#include "app/machine_state.h"
#include "app/size_policy.h"
#include "ui/size_control.h"

namespace ui {
class StatusLine;
}

namespace app {

// Which size of the open model gives the next answer: the one that the person chose, or what
// SizePolicy makes of the person's wish. Shows in the control what each size takes and
// how fast it should be, and tells the assistant before an answer begins; an answer under way keeps
// its size. Lives on the window's thread.
class SizeChooser : public QObject {
    Q_OBJECT

public:
    SizeChooser(Assistant* assistant, ui::StatusLine* status, QObject* parent = nullptr);

    // What the policy knows of this machine; a test has one of its own.
    void setMachine(const std::function<MachineState()>& machine) { m_machine = machine; }

    // The wish stays; a size that was chosen does not. None: no model is open.
    void setModel(const std::optional<ModelSummary>& model);

    void choose(const QString& name);
    void setWish(ui::SizeWish wish);
    void setReadsAgain(bool readsAgain);

    // Sets the assistant to the chosen size. Call it before each answer.
    void prepareAnswer();

    // How fast the answer was, and whether it stands on what another size has read.
    void noteAnswer(const AnswerProgress& progress);

    // What stands under the answer that was prepared; empty where the model has one size.
    QString mark() const;

signals:
    void readsAgainChanged(bool readsAgain);
    void wishChanged(ui::SizeWish wish);

private:
    const SizeSummary* find(const QString& name) const;
    QString effectOf(const SizeSummary& size) const;
    void offerSizes();
    void showOptions();
    void showCurrent();

    Assistant* m_assistant;
    ui::StatusLine* m_status;
    ui::SizeControl* m_control;
    std::function<MachineState()> m_machine;
    SizePolicy m_policy;
    std::vector<QString> m_offers;  // that the policy chooses from
    std::optional<ModelSummary> m_model;
    std::optional<ui::SizeWish> m_wish = ui::SizeWish::Best;  // none: m_chosen is the person's
    QString m_chosen;                                         // for the next answer
    QString m_reason;
    QString m_answering;
    bool m_isByPolicy = false;  // the size that answers
    bool m_isExact = true;
    bool m_readsAgain = true;
    double m_bytesPerSecond = 0;  // of weights, as measured last
};

}  // namespace app
