#include "iterate.hh"

int steps_to_escape(Point z, Point c, int limit) {
    int steps = 0;
    for (; steps < limit && std::norm(z) <= 4.0; ++steps) z = z * z + c;
    return steps;
}
