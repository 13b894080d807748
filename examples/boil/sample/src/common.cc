#include "common.hh"

Point Region::at(int column, int row) const {
    const double x = (column + 0.5) / columns - 0.5;
    const double y = 0.5 - (row + 0.5) / rows;
    return centre + Point(x * width, y * height);
}
