// Prints the Mandelbrot set and one of its Julia sets.
#include <iostream>
#include "../src/julia.hh"
#include "../src/mandel.hh"
#include "../src/render.hh"

int main() {
    const int limit = 100;
    const Region whole = {Point(-0.6, 0), 3.2, 2.4, 76, 24};
    const Region middle = {Point(0, 0), 3.2, 2.4, 76, 24};
    std::cout << render(whole, mandelbrot(whole, limit), limit) << '\n'
              << render(middle, julia(middle, Point(-0.8, 0.156), limit), limit);
}
