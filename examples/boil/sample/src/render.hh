// Pictures as text.
#pragma once

#include <string>
#include "common.hh"

// A character for each cell, the denser the later it escapes, and a line for each row.
std::string render(const Region &region, const Steps &steps, int limit);
