// Repeating z -> z * z + c.
#pragma once

#include "common.hh"

// The number of steps until z is farther than 2 from the origin; limit if it never is.
int steps_to_escape(Point z, Point c, int limit);
