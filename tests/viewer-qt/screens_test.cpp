// SPDX-License-Identifier: GPL-3.0-or-later
// Every page of the window at every size, theme and font that it must be legible at: no label is cut, overlaps with another,
// or is too faint. Runs at one and at two pixels a point.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/filled_window.h"

namespace goxel_telemetry::viewer {
namespace {

class Screens : public testing::TestWithParam<std::tuple<QSize, int>> {};

// Each size with each font and with own and longer words; light and dark take turns.
TEST_P(Screens, EveryLabelIsLegible) {
  application();
  const auto [size, points] = GetParam();
  for (const bool longer : {false, true}) {
    Case one{size, longer != (points == 12), points, longer};
    FilledWindow window(one);
    ASSERT_EQ(window.widget().size(), size);
    for (const Screen screen : kAll) {
      one.screen = screen;
      window.show(screen);
      const Labels labels(window.widget());
      EXPECT_GT(labels.count(), 5U);
      EXPECT_THAT(labels.faults(), testing::IsEmpty()) << name_of(one);
      picture(window.widget(), name_of(one));
    }
  }
}

std::vector<QSize> sizes() {
  // At two pixels a point: 2560x1440 of either.
  if (qEnvironmentVariable("QT_SCALE_FACTOR") == "2") return {{1280, 720}, {2560, 1440}};
  return {{900, 600}, {1024, 700}, {1440, 900}};
}

INSTANTIATE_TEST_SUITE_P(AllSizesAndFonts, Screens,
                         testing::Combine(testing::ValuesIn(sizes()), testing::Values(9, 12, 16)),
                         [](const auto& each) {
                           const QSize size = std::get<0>(each.param);
                           return std::to_string(size.width()) + "x" +
                                  std::to_string(size.height()) + "At" +
                                  std::to_string(std::get<1>(each.param)) + "Points";
                         });

}  // namespace
}  // namespace goxel_telemetry::viewer
