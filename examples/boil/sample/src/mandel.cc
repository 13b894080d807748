#include "mandel.hh"
#include "iterate.hh"

Steps mandelbrot(const Region &region, int limit) {
    Steps steps;
    for (int row = 0; row < region.rows; ++row)
        for (int column = 0; column < region.columns; ++column)
            steps.push_back(steps_to_escape(Point(0, 0), region.at(column, row), limit));
    return steps;
}
