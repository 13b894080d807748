#include "render.hh"
#include <cmath>

std::string render(const Region &region, const Steps &steps, int limit) {
    static const std::string shades = " .:-=+*#%@";
    const double most = std::log(limit + 1.0);
    std::string picture;
    for (int row = 0; row < region.rows; ++row) {
        for (int column = 0; column < region.columns; ++column) {
            const double share = std::log(steps[row * region.columns + column] + 1.0) / most;
            picture += shades[static_cast<std::size_t>(share * (shades.size() - 1))];
        }
        picture += '\n';
    }
    return picture;
}
