// SPDX-License-Identifier: GPL-3.0-or-later
#include "voxel_edit.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>

namespace stand_in {
namespace {

constexpr std::array<Position, 6> kNeighbours{
    {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}}};

Position sum(const Position& a, const Position& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}

// Whether the point, given by its place from -1 to 1 along each side of the box, lies inside.
using Inside = std::function<bool(double x, double y, double z)>;

Inside inside_of(const std::string& shape) {
  if (shape == "cube" || shape == "box") return [](double, double, double) { return true; };
  if (shape == "sphere") {
    return [](double x, double y, double z) { return x * x + y * y + z * z <= 1.0; };
  }
  if (shape == "cylinder") return [](double x, double y, double) { return x * x + y * y <= 1.0; };
  if (shape == "cone") {
    return [](double x, double y, double z) {
      const double radius = (1.0 - z) / 2.0;
      return x * x + y * y <= radius * radius;
    };
  }
  return {};
}

double place(int index, int size) {
  return (2.0 * index + 1.0 - size) / size;
}

}  // namespace

std::size_t flood_fill(VoxelGrid& grid, const Position& start, Color color, std::size_t most) {
  const Color old = grid.get(start);
  if (old == color || most == 0) return 0;
  grid.set(start, color);
  if (old.a == 0) return 1;
  // A voxel is recoloured as it is found, so none is found twice.
  std::size_t written = 1;
  std::deque<Position> border{start};
  while (!border.empty() && written < most) {
    const Position current = border.front();
    border.pop_front();
    for (const Position& step : kNeighbours) {
      const Position next = sum(current, step);
      if (written == most || !in_range(next) || grid.get(next) != old) continue;
      grid.set(next, color);
      ++written;
      border.push_back(next);
    }
  }
  return written;
}

ShapeResult add_shape(VoxelGrid& grid, const std::string& shape, const Position& center,
                      const Position& size, Color color) {
  const Inside inside = inside_of(shape);
  if (!inside) return {false, 0};
  ShapeResult result;
  const auto side = [](int wanted) { return std::clamp(wanted, 1, kLargestShape); };
  const Position sides{side(size.x), side(size.y), side(size.z)};
  const Position low{center.x - sides.x / 2, center.y - sides.y / 2, center.z - sides.z / 2};
  for (int z = 0; z < sides.z; ++z) {
    for (int y = 0; y < sides.y; ++y) {
      for (int x = 0; x < sides.x; ++x) {
        const Position position = sum(low, {x, y, z});
        if (!in_range(position)) continue;
        if (!inside(place(x, sides.x), place(y, sides.y), place(z, sides.z))) continue;
        grid.set(position, color);
        ++result.written;
      }
    }
  }
  return result;
}

}  // namespace stand_in
