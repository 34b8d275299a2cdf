// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/chart.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "metrics/text/format.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

constexpr std::size_t kMostColumns = 60;  // of text: more would be broken on a telephone

bool is_shown(double value) {
  return std::isfinite(value) && value >= 0;
}

// Of values that cannot be shown: 0 if there are only such.
double top_of(const metrics::AlertEvidence& evidence) {
  double top = is_shown(evidence.course_usual) ? evidence.course_usual : 0;
  for (const double value : evidence.course) {
    if (is_shown(value)) top = std::max(top, value);
  }
  return top;
}

bool has_chart(const metrics::AlertEvidence& evidence) {
  return evidence.course.size() > 1 && top_of(evidence) > 0;
}

// The largest of each stretch: a mean would hide what the alert is about. NaN: a gap.
std::vector<double> in_columns(const std::vector<double>& course, std::size_t most) {
  const std::size_t columns = std::min(course.size(), most);
  std::vector<double> out(columns, std::nan(""));
  for (std::size_t i = 0; i < course.size(); ++i) {
    double& column = out[i * columns / course.size()];
    if (is_shown(course[i]) && !(column >= course[i])) column = course[i];
  }
  return out;
}

std::string_view block_of(double share) {
  constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto at = static_cast<std::size_t>(share * kBlocks.size());
  return kBlocks.at(std::min(at, kBlocks.size() - 1));
}

std::string value_text(double value, const std::string& unit) {
  if (unit == "ns") return metrics::format_duration(value);
  if (unit == "bytes") return metrics::format_bytes(value);
  if (unit == "ratio") return metrics::format_percent(value);
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.3g", value);
  return std::string(text.data(), static_cast<std::size_t>(size)) + (unit.empty() ? "" : " ") +
         unit;
}

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

TextChart text_chart(const metrics::AlertEvidence& evidence) {
  if (!has_chart(evidence)) return {};
  const double top = top_of(evidence);
  TextChart chart;
  for (const double value : in_columns(evidence.course, kMostColumns)) {
    chart.blocks += std::isnan(value) ? " " : block_of(value / top);
  }
  chart.scale = "0 to " + value_text(top, evidence.unit);
  if (is_shown(evidence.course_usual) && evidence.course_usual > 0) {
    chart.scale.append("; usual ").append(value_text(evidence.course_usual, evidence.unit));
    chart.usual = block_of(evidence.course_usual / top);
  }
  return chart;
}

std::string png_chart(const metrics::AlertEvidence& evidence) {
  if (!has_chart(evidence)) return {};
  constexpr unsigned kUsualHeight = 4;
  const double top = top_of(evidence);
  const auto row_of = [top](double value) {  // the tallest bar touches the upper edge
    return kPngHeight - static_cast<unsigned>(std::lround(value / top * kPngHeight));
  };
  Picture picture;
  const std::vector<double> columns = in_columns(evidence.course, metrics::kMostCourse);
  const auto edge = [&columns](std::size_t column) {
    return static_cast<unsigned>(column * kPngWidth / columns.size());
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (std::isnan(columns[i])) continue;
    const bool is_above = columns[i] > evidence.course_usual;
    picture.fill(edge(i), edge(i + 1) - 1, row_of(columns[i]), kPngHeight,
                 is_above ? Picture::above : Picture::bar);
  }
  if (is_shown(evidence.course_usual) && evidence.course_usual > 0) {
    const unsigned row = std::min(row_of(evidence.course_usual), kPngHeight - kUsualHeight);
    picture.fill(0, kPngWidth, row, row + kUsualHeight, Picture::usual);
  }
  return picture.png();
}

}  // namespace goxel_telemetry::http_bridge::notify
