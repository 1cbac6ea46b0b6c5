#include "app/size_chooser.h"

#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <utility>

#include "ui/status_line.h"

namespace app {

namespace {

QString parametersText(quint64 parameters)
{
    const QLocale locale;
    const auto value = static_cast<double>(parameters);
    return value >= 1e9
               ? SizeChooser::tr("%1 billion parameters").arg(locale.toString(value / 1e9, 'f', 2))
               : SizeChooser::tr("%1 million parameters").arg(locale.toString(value / 1e6, 'f', 1));
}

SizeWish toPolicy(ui::SizeWish wish)
{
    switch (wish) {
    case ui::SizeWish::Quick:
        return SizeWish::Quick;
    case ui::SizeWish::Balanced:
        return SizeWish::Balanced;
    case ui::SizeWish::Best:
        break;
    }
    return SizeWish::Best;
}

}  // namespace

SizeChooser::SizeChooser(Assistant* assistant, ui::StatusLine* status, QObject* parent)
    : QObject(parent)
    , m_assistant(assistant)
    , m_status(status)
    , m_control(&status->size())
    , m_machine([] { return readMachineState(); })
{
    connect(m_control, &ui::SizeControl::sizeChosen, this, &SizeChooser::choose);
    connect(m_control, &ui::SizeControl::wishChosen, this, [this](ui::SizeWish wish) {
        setWish(wish);
        emit wishChanged(wish);
    });
    connect(m_control, &ui::SizeControl::readsAgainChosen, this, [this](bool readsAgain) {
        m_readsAgain = readsAgain;
        emit readsAgainChanged(readsAgain);
    });
}

void SizeChooser::setModel(const std::optional<ModelSummary>& model)
{
    m_model = model;
    m_bytesPerSecond = 0;
    m_isExact = true;
    m_reason.clear();
    if (!m_wish)
        m_wish = ui::SizeWish::Best;
    offerSizes();
    m_chosen = m_offers.empty() ? QString() : m_offers.front();
    m_answering = m_chosen;
    showOptions();
    showCurrent();
}

// The largest first, as the model lists them.
void SizeChooser::offerSizes()
{
    std::vector<SizeOffer> offers;
    m_offers.clear();
    for (const SizeSummary& size : m_model ? m_model->sizes : QVector<SizeSummary>()) {
        if (!size.refusal.isEmpty())
            continue;
        const auto whole = static_cast<double>(m_model->sizes.first().bytesPerToken);
        offers.push_back({size.name, static_cast<double>(size.bytesPerToken) / whole});
        m_offers.push_back(size.name);
    }
    m_policy.setOffers(std::move(offers));
}

void SizeChooser::setReadsAgain(bool readsAgain)
{
    m_readsAgain = readsAgain;
    m_control->setReadsAgain(readsAgain);
}

void SizeChooser::choose(const QString& name)
{
    if (find(name)) {
        m_chosen = name;
        m_wish.reset();
        m_reason.clear();
    }
    showCurrent();
}

void SizeChooser::setWish(ui::SizeWish wish)
{
    m_wish = wish;
    m_reason.clear();
    showCurrent();
}

void SizeChooser::prepareAnswer()
{
    if (m_offers.empty())
        return;
    m_isByPolicy =
        m_wish || std::find(m_offers.begin(), m_offers.end(), m_chosen) != m_offers.end();
    if (m_isByPolicy) {
        const SizeChoice choice =
            m_policy.choose({m_wish ? toPolicy(*m_wish) : SizeWish::Pinned, m_chosen, m_machine()});
        m_chosen = m_offers[static_cast<std::size_t>(choice.size)];
        m_reason = choice.sentence;
    }
    m_answering = m_chosen;
    m_isExact = true;
    m_assistant->setSize(m_answering, m_readsAgain);
    showCurrent();
}

void SizeChooser::noteAnswer(const AnswerProgress& progress)
{
    m_isExact = progress.isExact;
    const SizeSummary* size = find(m_answering);
    if (!size || progress.tokensPerSecond <= 0)
        return;
    if (m_isByPolicy)
        m_policy.answered(progress.tokensPerSecond, static_cast<int>(progress.tokens));
    m_bytesPerSecond = progress.tokensPerSecond * static_cast<double>(size->bytesPerToken);
    showOptions();
    showCurrent();
}

QString SizeChooser::mark() const
{
    if (!m_model || m_model->sizesBetween.isEmpty())
        return {};
    return m_isExact ? m_answering : tr("%1, on what another size has read").arg(m_answering);
}

const SizeSummary* SizeChooser::find(const QString& name) const
{
    if (!m_model)
        return nullptr;
    for (const auto* list : {&m_model->sizes, &m_model->sizesBetween}) {
        for (const SizeSummary& size : *list) {
            if (size.name == name && size.refusal.isEmpty())
                return &size;
        }
    }
    return nullptr;
}

// Answers are as fast as the weights that a token needs can be read.
QString SizeChooser::effectOf(const SizeSummary& size) const
{
    const QLocale locale;
    QStringList parts{parametersText(size.parameters),
                      tr("%1 of weights used")
                          .arg(locale.formattedDataSize(static_cast<qint64>(size.weightBytes), 1))};
    if (m_bytesPerSecond > 0 && size.bytesPerToken > 0)
        parts << tr("about %1 tokens/s")
                     .arg(locale.toString(
                         m_bytesPerSecond / static_cast<double>(size.bytesPerToken), 'f', 1));
    if (size.publishedMmlu > 0)
        parts << tr("MMLU %1 %").arg(locale.toString(size.publishedMmlu, 'f', 1));
    return parts.join(QStringLiteral(" · "));
}

void SizeChooser::showOptions()
{
    QVector<ui::SizeOption> sizes;
    QVector<ui::SizeOption> between;
    if (m_model) {
        for (const SizeSummary& size : m_model->sizes)
            sizes << ui::SizeOption{size.name, size.refusal.isEmpty() ? effectOf(size) : QString(),
                                    size.refusal};
        for (const SizeSummary& size : m_model->sizesBetween)
            between << ui::SizeOption{size.name, effectOf(size)};
    }
    m_control->setOptions(sizes, between, m_model ? m_model->sizesHint : QString());
}

// The person knows why a size that they chose is there.
void SizeChooser::showCurrent()
{
    m_control->setCurrent(m_chosen, m_wish, m_reason);
    const bool hasSizes = m_model && !m_model->sizesBetween.isEmpty();
    m_status->setSizeReason(hasSizes && m_wish ? m_reason : QString());
}

}  // namespace app
