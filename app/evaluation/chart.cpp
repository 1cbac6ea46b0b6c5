#include "app/evaluation/chart.h"

#include <QCoreApplication>
#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <QPalette>
#include <algorithm>
#include <cmath>
#include <optional>

namespace app::evaluation {
namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("app::Chart", text);
}

// What is drawn of a size.
struct Point {
    QString name;
    double speed = 0;
    double quality = 0;
};

struct Data {
    QString quality;  // what it is called
    bool isLessBetter = false;
    std::vector<Point> points;
};

std::optional<double> exactPercent(const SizeReport& size)
{
    return size.all.scored > 0 ? std::optional(size.all.exactShare() * 100) : std::nullopt;
}

std::optional<double> perplexity(const SizeReport& size)
{
    return size.text.tokens > 0 ? std::optional(size.text.perplexity()) : std::nullopt;
}

Data dataOf(const Report& report)
{
    const bool isScored = std::any_of(report.sizes.begin(), report.sizes.end(),
                                      [](const auto& size) { return size.all.scored > 0; });
    Data data{isScored ? tr("exact answers, %") : tr("perplexity (less is better)"), !isScored, {}};
    for (const SizeReport& size : report.sizes) {
        const auto quality = isScored ? exactPercent(size) : perplexity(size);
        if (quality && std::isfinite(*quality) && size.tokensPerSecond > 0)
            data.points.push_back(
                {QString::fromStdString(size.facts.name), size.tokensPerSecond, *quality});
    }
    return data;
}

// A stretch of round numbers about all values, with four to ten steps.
struct Axis {
    double first = 0;
    double last = 1;
    double step = 1;

    double share(double value) const { return (value - first) / (last - first); }
};

Axis axisAbout(double least, double most)
{
    const double spread = std::max({most - least, std::abs(most) * 0.1, 1e-6});
    const double raw = spread * 1.4 / 5;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    double step = power;
    for (const double factor : {2.0, 5.0, 10.0}) {
        if (step < raw)
            step = factor * power;
    }
    Axis axis{std::floor((least - spread * 0.2) / step) * step,
              std::ceil((most + spread * 0.2) / step) * step, step};
    if (least >= 0)
        axis.first = std::max(axis.first, 0.0);
    return axis;
}

template <typename Value>
Axis axisOf(const std::vector<Point>& points, Value value)
{
    const auto [least, most] =
        std::minmax_element(points.begin(), points.end(), [value](const Point& a, const Point& b) {
            return a.*value < b.*value;
        });
    return axisAbout((*least).*value, (*most).*value);
}

QColor mix(const QColor& from, const QColor& to, double share)
{
    return QColor::fromRgbF(
        static_cast<float>(from.redF() + (to.redF() - from.redF()) * share),
        static_cast<float>(from.greenF() + (to.greenF() - from.greenF()) * share),
        static_cast<float>(from.blueF() + (to.blueF() - from.blueF()) * share));
}

// Draws into the plot, whose left and lower sides are the axes.
class Plot {
public:
    Plot(QPainter& painter, const QRectF& area, const QPalette& palette, const Data& data)
        : m_painter(painter)
        , m_data(data)
        , m_text(palette.color(QPalette::Text))
        , m_page(palette.color(QPalette::Base))
        , m_accent(palette.color(QPalette::Link))
        , m_speed(axisOf(data.points, &Point::speed))
        , m_quality(axisOf(data.points, &Point::quality))
        , m_line(painter.fontMetrics().height())
        , m_plot(area.adjusted(m_line * 3.5, m_line * 2, -m_line * 1.5, -m_line * 3))
    {
        if (!data.isLessBetter)  // shares end at 100 %
            m_quality.last = std::min(m_quality.last, 100.0);
    }

    void draw()
    {
        drawSpeedAxis();
        drawQualityAxis();
        m_painter.setPen(QPen(mix(m_page, m_accent, 0.6), 1.5));
        const std::vector<Point>& points = m_data.points;  // from the whole model down
        for (std::size_t i = 1; i < points.size(); ++i)
            m_painter.drawLine(placeOf(points[i - 1]), placeOf(points[i]));
        for (const Point& point : points)
            drawName(point);
        m_painter.setPen(Qt::NoPen);
        m_painter.setBrush(m_accent);
        for (const Point& point : points)
            m_painter.drawEllipse(placeOf(point), m_line * 0.3, m_line * 0.3);
    }

private:
    QPointF placeOf(const Point& point) const
    {
        return {x(m_speed.share(point.speed)), y(m_quality.share(point.quality))};
    }
    double x(double share) const { return m_plot.left() + share * m_plot.width(); }
    double y(double share) const
    {
        return m_data.isLessBetter ? m_plot.top() + share * m_plot.height()
                                   : m_plot.bottom() - share * m_plot.height();
    }

    static QString number(double value, double step)
    {
        const int digits = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step)));
        return QString::number(value, 'f', digits);
    }

    QPen gridPen() const { return {mix(m_page, m_text, 0.18), 1}; }

    void drawSpeedAxis()
    {
        const int steps =
            static_cast<int>(std::lround((m_speed.last - m_speed.first) / m_speed.step));
        for (int i = 0; i <= steps; ++i) {
            const double value = m_speed.first + i * m_speed.step;
            const double place = x(m_speed.share(value));
            m_painter.setPen(gridPen());
            m_painter.drawLine(QPointF(place, m_plot.top()), QPointF(place, m_plot.bottom()));
            m_painter.setPen(m_text);
            m_painter.drawText(QRectF(place - 60, m_plot.bottom() + m_line * 0.3, 120, m_line),
                               Qt::AlignCenter, number(value, m_speed.step));
        }
        m_painter.drawText(
            QRectF(m_plot.left(), m_plot.bottom() + m_line * 1.5, m_plot.width(), m_line),
            Qt::AlignCenter, tr("tokens/s"));
    }

    void drawQualityAxis()
    {
        const double length = m_quality.last - m_quality.first;
        const int steps = static_cast<int>(std::floor(length / m_quality.step + 1e-9));
        for (int i = 0; i <= steps; ++i) {
            const double value = m_quality.first + i * m_quality.step;
            const double place = y(m_quality.share(value));
            m_painter.setPen(gridPen());
            m_painter.drawLine(QPointF(m_plot.left(), place), QPointF(m_plot.right(), place));
            m_painter.setPen(m_text);
            m_painter.drawText(
                QRectF(m_plot.left() - m_line * 3.4, place - m_line / 2, m_line * 3, m_line),
                Qt::AlignRight | Qt::AlignVCenter, number(value, m_quality.step));
        }
        m_painter.drawText(
            QRectF(m_plot.left() - m_line * 3, m_plot.top() - m_line * 1.7, m_plot.width(), m_line),
            Qt::AlignLeft | Qt::AlignVCenter, m_data.quality);
    }

    // The name stands above its point, on a patch of the page where lines cross it, and stays
    // within the plot.
    void drawName(const Point& point)
    {
        const QPointF place = placeOf(point);
        const double width = m_painter.fontMetrics().horizontalAdvance(point.name) + 4;
        const double left = std::clamp(place.x() - width / 2, m_plot.left(),
                                       std::max(m_plot.left(), m_plot.right() - width));
        const QRectF patch(left, place.y() - m_line * 1.5, width, m_line);
        m_painter.fillRect(patch, m_page);
        m_painter.setPen(m_text);
        m_painter.drawText(patch, Qt::AlignCenter, point.name);
    }

    QPainter& m_painter;
    const Data& m_data;
    QColor m_text;
    QColor m_page;
    QColor m_accent;
    Axis m_speed;
    Axis m_quality;
    double m_line;  // height of one
    QRectF m_plot;
};

engine::Result<void> writeChart(const Report& report, const std::filesystem::path& file)
{
    QImage image(960, 600, QImage::Format_RGB32);
    QPalette palette;
    palette.setColor(QPalette::Base, Qt::white);
    palette.setColor(QPalette::Text, QColor(0x22, 0x24, 0x28));
    palette.setColor(QPalette::Link, QColor(0x1F, 0x5F, 0xA8));
    QPainter painter(&image);
    QFont font = painter.font();
    font.setPixelSize(16);
    painter.setFont(font);
    paintChart(painter, image.rect(), palette, report);
    painter.end();
    if (!image.save(QFile::decodeName(QByteArray::fromStdString(file.string())), "PNG"))
        return engine::Error{engine::ErrorCode::InvalidInput,
                             file.string() + " cannot be written."};
    return {};
}

}  // namespace

void paintChart(QPainter& painter, const QRectF& area, const QPalette& palette,
                const Report& report)
{
    painter.fillRect(area, palette.color(QPalette::Base));
    painter.setRenderHint(QPainter::Antialiasing);
    const Data data = dataOf(report);
    if (data.points.empty()) {
        painter.setPen(palette.color(QPalette::Text));
        painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap,
                         tr("A picture of quality against speed takes expected answers, or a text, "
                            "and answers of two tokens."));
        return;
    }
    Plot(painter, area, palette, data).draw();
}

engine::Result<void> saveChart(const Report& report, const std::filesystem::path& file)
{
    if (QCoreApplication::instance() != nullptr)
        return writeChart(report, file);
    // Fonts belong to an application; this one shows nothing.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    char name[] = "nestling";
    char* arguments[] = {name, nullptr};
    int count = 1;
    const QGuiApplication application(count, arguments);
    return writeChart(report, file);
}

}  // namespace app::evaluation
