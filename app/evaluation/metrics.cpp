#include "app/evaluation/metrics.h"

#include <QString>
#include <QStringList>
#include <algorithm>
#include <numeric>
#include <vector>

namespace app::evaluation {
namespace {

QString normalisedText(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()))
        .normalized(QString::NormalizationForm_C)
        .simplified();
}

// One row of the table of distances at a time.
template <typename List>
std::uint64_t distance(const List& from, const List& to)
{
    std::vector<std::uint64_t> row(static_cast<std::size_t>(to.size()) + 1);
    std::iota(row.begin(), row.end(), std::uint64_t{0});
    for (const auto& item : from) {
        std::uint64_t diagonal = row[0]++;
        std::size_t column = 1;
        for (const auto& other : to) {
            const std::uint64_t replaced = diagonal + (item == other ? 0 : 1);
            diagonal = row[column];
            row[column] = std::min({replaced, row[column] + 1, row[column - 1] + 1});
            ++column;
        }
    }
    return row.back();
}

QStringList wordsOf(std::string_view text)
{
    return normalisedText(text).split(u' ', Qt::SkipEmptyParts);
}

}  // namespace

std::string normalised(std::string_view text)
{
    return normalisedText(text).toStdString();
}

Edits& Edits::operator+=(const Edits& other)
{
    edits += other.edits;
    length += other.length;
    return *this;
}

double Edits::rate() const
{
    if (length == 0)
        return edits == 0 ? 0.0 : 1.0;
    return static_cast<double>(edits) / static_cast<double>(length);
}

Edits wordEdits(std::string_view answer, std::string_view expected)
{
    const QStringList words = wordsOf(expected);
    return {distance(wordsOf(answer), words), static_cast<std::uint64_t>(words.size())};
}

Edits characterEdits(std::string_view answer, std::string_view expected)
{
    const auto characters = normalisedText(expected).toUcs4();
    return {distance(normalisedText(answer).toUcs4(), characters),
            static_cast<std::uint64_t>(characters.size())};
}

bool isSame(std::string_view answer, std::string_view expected)
{
    return normalisedText(answer) == normalisedText(expected);
}

bool contains(std::string_view answer, std::string_view expected)
{
    const QString wanted = normalisedText(expected);
    const QString said = normalisedText(answer);
    return wanted.isEmpty() ? said.isEmpty() : said.contains(wanted);
}

}  // namespace app::evaluation
