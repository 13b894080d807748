// A Julia set: c is the same for all, z begins at the cell.
#pragma once

#include "common.hh"

Steps julia(const Region &region, Point c, int limit);
