// What all parts share: the plane, and a picture of a part of it.
#pragma once

#include <complex>
#include <vector>

using Point = std::complex<double>;

// A rectangle of the plane, and how many cells it is cut into.
struct Region {
    Point centre;
    double width;
    double height;
    int columns;
    int rows;

    // The point in the middle of a cell.
    Point at(int column, int row) const;
};

// For each cell, row by row, how many steps its point took to escape.
using Steps = std::vector<int>;
