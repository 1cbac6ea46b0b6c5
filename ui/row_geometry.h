#pragma once

#include <vector>

namespace ui {

// Heights of rows stacked from 0 downwards, and where each begins. Changing the last of many rows
// costs nothing; changing an early one costs one pass when positions are next asked for.
class RowGeometry {
public:
    void clear();
    void resize(int count, int height);  // new rows get that height
    void setHeight(int row, int height);

    int count() const { return static_cast<int>(m_heights.size()); }
    int height(int row) const { return m_heights[static_cast<std::size_t>(row)]; }
    int top(int row) const;  // of count(): the total
    int total() const { return top(count()); }

    // The row that covers `y`; the nearest one outside; -1 without rows.
    int rowAt(int y) const;

private:
    std::vector<int> m_heights;
    mutable std::vector<int> m_tops{0};  // m_tops[0 .. m_known] are right
    mutable int m_known = 0;
};

}  // namespace ui
