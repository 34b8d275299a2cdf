// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/chart.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "metrics/alerts/alert_course.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

// One byte a pixel: an index into the palette.
class Picture {
 public:
  enum Colour : char { paper, bar, above, usual };

  Picture() : pixels_(std::size_t{kPngHeight} * (1 + kPngWidth), '\0') {}

  // [left, right) × [top, bottom)
  void fill(unsigned left, unsigned right, unsigned top, unsigned bottom, Colour colour) {
    for (unsigned y = top; y < bottom; ++y) {
      // Each row begins with the byte of its filter: none.
      std::fill_n(pixels_.begin() + std::ptrdiff_t{y} * (1 + kPngWidth) + 1 + left, right - left,
                  colour);
    }
  }

  std::string png() const {
    std::string out = "\x89PNG\r\n\x1A\n";
    std::string head = number(kPngWidth) + number(kPngHeight);
    head += {8, 3, 0, 0, 0};  // 8 bits, palette, and the only ways there are
    add(out, "IHDR", head);
    constexpr std::array<unsigned char, 12> kPalette = {255, 255, 255, 176, 190, 214,
                                                        45,  85,  165, 200, 60,  40};
    add(out, "PLTE", {reinterpret_cast<const char*>(kPalette.data()), kPalette.size()});
    uLongf size = compressBound(static_cast<uLong>(pixels_.size()));
    std::string data(size, '\0');
    compress2(reinterpret_cast<Bytef*>(data.data()), &size,
              reinterpret_cast<const Bytef*>(pixels_.data()), static_cast<uLong>(pixels_.size()),
              Z_BEST_COMPRESSION);
    data.resize(size);
    add(out, "IDAT", data);
    add(out, "IEND", "");
    return out;
  }

 private:
  static std::string number(std::uint32_t value) {  // big-endian
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
            static_cast<char>(value >> 8), static_cast<char>(value)};
  }

  static void add(std::string& out, std::string_view type, std::string_view data) {
    const std::string chunk = std::string(type).append(data);
    const uLong check =
        crc32(0, reinterpret_cast<const Bytef*>(chunk.data()), static_cast<uInt>(chunk.size()));
    out += number(static_cast<std::uint32_t>(data.size())) + chunk +
           number(static_cast<std::uint32_t>(check));
  }

  std::string pixels_;
};

}  // namespace

std::string png_chart(const metrics::AlertEvidence& evidence) {
  if (!metrics::has_chart(evidence)) return {};
  constexpr unsigned kUsualHeight = 4;
  const double top = metrics::top_of(evidence);
  const auto row_of = [top](double value) {  // the tallest bar touches the upper edge
    return kPngHeight - static_cast<unsigned>(std::lround(value / top * kPngHeight));
  };
  Picture picture;
  const std::vector<double> columns = metrics::in_columns(evidence.course, metrics::kMostCourse);
  const auto edge = [&columns](std::size_t column) {
    return static_cast<unsigned>(column * kPngWidth / columns.size());
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (std::isnan(columns[i])) continue;
    const bool is_above = columns[i] > evidence.course_usual;
    picture.fill(edge(i), edge(i + 1) - 1, row_of(columns[i]), kPngHeight,
                 is_above ? Picture::above : Picture::bar);
  }
  if (const auto usual = metrics::usual_of(evidence)) {
    const unsigned row = std::min(row_of(*usual), kPngHeight - kUsualHeight);
    picture.fill(0, kPngWidth, row, row + kUsualHeight, Picture::usual);
  }
  return picture.png();
}

}  // namespace goxel_telemetry::http_bridge::notify
