// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/chart.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdint>

namespace goxel_telemetry::http_bridge::notify {
namespace {

metrics::AlertEvidence evidence(std::vector<double> course, double usual,
                                const std::string& unit = "ns") {
  metrics::AlertEvidence evidence;
  evidence.course = std::move(course);
  evidence.course_usual = usual;
  evidence.unit = unit;
  return evidence;
}

TEST(NotifyChart, NothingIsDrawnOfNothing) {
  EXPECT_EQ(png_chart(evidence({std::nan(""), std::nan("")}, std::nan(""))), "");
}

std::uint32_t number_at(const std::string& text, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    number = number << 8 | static_cast<unsigned char>(text.at(i));
  }
  return number;
}

// Reads the chunks, checks their sums, and gives the pixels.
std::string pixels_of(const std::string& png) {
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1A\n");
  std::string data;
  std::string types;
  for (std::size_t at = 8; at < png.size();) {
    const std::uint32_t size = number_at(png, at);
    const std::string chunk = png.substr(at + 4, 4 + size);
    EXPECT_EQ(number_at(png, at + 8 + size), crc32(0, reinterpret_cast<const Bytef*>(chunk.data()),
                                                   static_cast<uInt>(chunk.size())));
    types += chunk.substr(0, 4) + ' ';
    if (chunk.starts_with("IDAT")) data += chunk.substr(4);
    at += 12 + size;
  }
  EXPECT_EQ(types, "IHDR PLTE IDAT IEND ");
  EXPECT_EQ(number_at(png, 16), kPngWidth);
  EXPECT_EQ(number_at(png, 20), kPngHeight);
  std::string pixels(std::size_t{kPngHeight} * (kPngWidth + 1), '\xFF');
  uLongf size = pixels.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(pixels.data()), &size,
                       reinterpret_cast<const Bytef*>(data.data()), data.size()),
            Z_OK);
  EXPECT_EQ(size, pixels.size());
  return pixels;
}

TEST(NotifyChart, ThePictureHasTheSameBars) {
  const std::string pixels = pixels_of(png_chart(evidence({1, 2, 4, 4}, 2)));
  const auto at = [&](unsigned x, unsigned y) {
    return static_cast<int>(pixels.at(std::size_t{y} * (kPngWidth + 1) + 1 + x));
  };
  const unsigned quarter = kPngWidth / 4;
  EXPECT_EQ(at(quarter / 2, kPngHeight - 1), 1);          // usual or less
  EXPECT_EQ(at(quarter / 2, kPngHeight * 3 / 4 - 2), 0);  // nothing above the first bar
  EXPECT_EQ(at(quarter * 2 + 10, 1), 2);                  // more than usual, up to the edge
  EXPECT_EQ(at(10, kPngHeight / 2 + 1), 3);               // the usual level
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::notify
