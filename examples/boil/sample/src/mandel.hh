// The Mandelbrot set: c is the cell, z begins at the origin.
#pragma once

#include "common.hh"

Steps mandelbrot(const Region &region, int limit);
