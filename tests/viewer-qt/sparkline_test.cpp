// SPDX-License-Identifier: GPL-3.0-or-later
// What a sparkline paints, by its pixels.
#include "viewer-qt/charts/sparkline.h"

#include <gtest/gtest.h>
#include <QImage>
#include <QPainter>
#include <QStandardItemModel>
#include <cmath>
#include <vector>

#include "tests/viewer-qt/application.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kWidth = 107;  // 100 between its margins
constexpr int kHeight = 27;

class SparklineTest : public testing::Test {
 protected:
  SparklineTest() { application(); }

  void paint(const std::vector<float>& values) {
    QStandardItemModel model(1, 1);
    model.setData(model.index(0, 0), QVariant::fromValue(values), Qt::UserRole);
    QStyleOptionViewItem option;
    option.rect = image_.rect();
    option.palette = QApplication::palette();
    image_.fill(Qt::white);
    QPainter painter(&image_);
    SparklineDelegate(Qt::UserRole, nullptr).paint(&painter, option, model.index(0, 0));
  }
  // The highest row of a column that is drawn in; -1: none is.
  int line_at(int x) const {
    const QColor ink = theme::ink(theme::Ink::p50);
    for (int y = 0; y < kHeight; ++y) {
      if (image_.pixelColor(x, y) == ink) return y;
    }
    return -1;
  }

  QImage image_{kWidth, kHeight, QImage::Format_RGB32};
};

TEST_F(SparklineTest, WhatIsMoreStandsHigher) {
  paint({1, 2, 3});
  ASSERT_GE(line_at(10), 0);
  EXPECT_GT(line_at(10), line_at(50));
  EXPECT_GT(line_at(50), line_at(95));
}

TEST_F(SparklineTest, ThereIsNoLineOverAGap) {
  paint({1, 1, NAN, 1, 1});
  EXPECT_GE(line_at(15), 0);
  EXPECT_EQ(line_at(53), -1);
  EXPECT_GE(line_at(90), 0);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
