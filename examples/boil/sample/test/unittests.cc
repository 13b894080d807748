// Checks what is known of the sets. Ends with the number of mistakes.
#include <iostream>
#include "../src/iterate.hh"
#include "../src/mandel.hh"
#include "../src/render.hh"

static int mistakes = 0;

static void check(bool is_so, const char *fact) {
    if (!is_so) ++mistakes;
    std::cout << (is_so ? "ok      " : "not so  ") << fact << '\n';
}

int main() {
    check(steps_to_escape(Point(0, 0), Point(0, 0), 50) == 50, "the origin never escapes");
    check(steps_to_escape(Point(0, 0), Point(-2, 0), 50) == 50, "the tip of the antenna never escapes");
    check(steps_to_escape(Point(0, 0), Point(1, 0), 50) == 3, "1 escapes after 0, 1, 2");
    const Region region = {Point(-0.5, 0), 3, 2, 9, 3};
    const Steps steps = mandelbrot(region, 50);
    check(steps.size() == 27, "there is a number for each cell");
    check(steps.front() == steps[18], "above the axis is as below");
    check(render(region, steps, 50).size() == 30, "a picture has a line for each row");
    return mistakes;
}
