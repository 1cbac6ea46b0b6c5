#include "ui/row_geometry.h"

#include <algorithm>

namespace ui {

void RowGeometry::clear()
{
    resize(0, 0);
}

void RowGeometry::resize(int count, int height)
{
    m_heights.resize(static_cast<std::size_t>(count), height);
    m_tops.resize(static_cast<std::size_t>(count) + 1);
    m_known = std::min(m_known, count);
}

void RowGeometry::setHeight(int row, int height)
{
    m_heights[static_cast<std::size_t>(row)] = height;
    m_known = std::min(m_known, row);
}

int RowGeometry::top(int row) const
{
    for (; m_known < row; ++m_known) {
        const auto known = static_cast<std::size_t>(m_known);
        m_tops[known + 1] = m_tops[known] + m_heights[known];
    }
    return m_tops[static_cast<std::size_t>(row)];
}

int RowGeometry::rowAt(int y) const
{
    if (m_heights.empty())
        return -1;
    total();
    const auto after = std::upper_bound(m_tops.begin(), m_tops.end(), y);
    const int row = static_cast<int>(after - m_tops.begin()) - 1;
    return std::clamp(row, 0, count() - 1);
}

}  // namespace ui
