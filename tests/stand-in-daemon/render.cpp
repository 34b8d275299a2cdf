// SPDX-License-Identifier: GPL-3.0-or-later
#include "render.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <vector>

namespace stand_in {
namespace {

// Isometric: x runs right and down, y left and down, z up; the depth grows towards the eye.
struct Projected {
  double u;
  double v;
  double depth;
};

Projected project(double x, double y, double z) {
  return {(x - y) * 0.866, (x + y) * 0.5 - z, x + y + z};
}

class Canvas {
 public:
  Canvas(int width, int height)
      : width_(width),
        height_(height),
        colors_(pixels(), Color{24, 26, 32, 255}),
        depths_(pixels(), -std::numeric_limits<double>::infinity()) {}

  void square(double u, double v, double side, double depth, Color color) {
    const int left = std::max(0, static_cast<int>(std::floor(u)));
    const int top = std::max(0, static_cast<int>(std::floor(v)));
    const int right = std::min(width_ - 1, static_cast<int>(std::floor(u + side)));
    const int bottom = std::min(height_ - 1, static_cast<int>(std::floor(v + side)));
    for (int y = top; y <= bottom; ++y) {
      for (int x = left; x <= right; ++x) {
        const std::size_t at = static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                               static_cast<std::size_t>(x);
        if (depth <= depths_[at]) continue;
        depths_[at] = depth;
        colors_[at] = color;
      }
    }
  }

  bool write(const std::string& path) const {
    std::ofstream out(path, std::ios::binary);
    out << "P6\n" << width_ << ' ' << height_ << "\n255\n";
    for (const Color& color : colors_) {
      for (const std::uint8_t part : {color.r, color.g, color.b}) {
        out.put(static_cast<char>(part));
      }
    }
    out.close();
    return out.good();
  }

 private:
  std::size_t pixels() const {
    return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
  }

  const int width_;
  const int height_;
  std::vector<Color> colors_;
  std::vector<double> depths_;
};

}  // namespace

bool render_to_file(const VoxelStore& voxels, const std::string& path, int width, int height) {
  Canvas canvas(width, height);
  if (const std::optional<Box> box = voxels.visible_bounds()) {
    const double low_u = project(box->low.x, box->high.y, 0).u;
    const double high_u = project(box->high.x + 1.0, box->low.y, 0).u;
    const double low_v = project(box->low.x, box->low.y, box->high.z + 1.0).v;
    const double high_v = project(box->high.x + 1.0, box->high.y + 1.0, box->low.z).v;
    const double scale = std::min(width / (high_u - low_u + 1.0), height / (high_v - low_v + 1.0));
    voxels.for_each_visible([&](const Position& p, Color color) {
      const Projected at = project(p.x, p.y, p.z);
      canvas.square((at.u - low_u) * scale, (at.v - low_v) * scale, scale, at.depth, color);
    });
  }
  return canvas.write(path);
}

}  // namespace stand_in
