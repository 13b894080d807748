#include "julia.hh"
#include "iterate.hh"

Steps julia(const Region &region, Point c, int limit) {
    Steps steps;
    for (int row = 0; row < region.rows; ++row)
        for (int column = 0; column < region.columns; ++column)
            steps.push_back(steps_to_escape(region.at(column, row), c, limit));
    return steps;
}
