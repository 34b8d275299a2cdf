// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_course.h"

#include <gtest/gtest.h>

#include <cmath>

namespace goxel_telemetry::metrics {
namespace {

AlertEvidence evidence(std::vector<double> course, double usual, const std::string& unit = "ns") {
  AlertEvidence evidence;
  evidence.course = std::move(course);
  evidence.course_usual = usual;
  evidence.unit = unit;
  return evidence;
}

TextChart chart(const AlertEvidence& evidence) {
  return text_chart(evidence, 60);
}

TEST(AlertCourse, IsABlockForEachValueFromZeroToTheLargest) {
  const TextChart small = chart(evidence({0, 1e6, 2e6, 4e6}, 1e6));
  EXPECT_EQ(small.blocks, "▁▃▅█");
  EXPECT_EQ(small.scale, "0 to 4.00 ms; usual 1.00 ms");
  EXPECT_EQ(small.usual, "▃");
}

TEST(AlertCourse, WhatIsNoNumberIsAGap) {
  EXPECT_EQ(chart(evidence({1, std::nan(""), INFINITY, -1, 1}, 0)).blocks, "█   █");
}

TEST(AlertCourse, NothingIsDrawnOfNothing) {
  EXPECT_EQ(chart(evidence({}, 1)).blocks, "");
  EXPECT_EQ(chart(evidence({1}, 1)).blocks, "");
  EXPECT_EQ(chart(evidence({0, 0}, 0)).blocks, "");
  EXPECT_EQ(chart(evidence({std::nan(""), std::nan("")}, 1)).blocks, "");
}

TEST(AlertCourse, APeakIsSeenHoweverManyValuesThereAre) {
  std::vector<double> course(kMostCourse, 1);
  course[77] = 10;
  const TextChart small = chart(evidence(course, 1));
  EXPECT_EQ(small.blocks.size(), 60 * std::string("█").size());
  EXPECT_NE(small.blocks.find("█"), std::string::npos);
}

TEST(AlertCourse, ValuesHaveTheirUnits) {
  EXPECT_EQ(chart(evidence({1, 2}, 0, "bytes")).scale, "0 to 2 B");
  EXPECT_EQ(chart(evidence({0.1, 0.2}, 0, "ratio")).scale, "0 to 20.0 %");
  EXPECT_EQ(chart(evidence({1, 14}, 0, "requests")).scale, "0 to 14 requests");
  EXPECT_EQ(chart(evidence({1, 14}, 0, "")).scale, "0 to 14");
}

TEST(AlertCourse, IsToldInWords) {
  EXPECT_EQ(course_in_words(evidence({1e6, 3.4e6, 1.8e6}, 1.3e6)),
            "last 1.80 ms, at most 3.40 ms, usual 1.30 ms");
  EXPECT_EQ(course_in_words(evidence({1, std::nan(""), 2, INFINITY}, 0, "requests")),
            "last not known, at most 2 requests, with gaps");
  EXPECT_EQ(course_in_words(evidence({1}, 1)), "");
}

TEST(AlertCourse, TheLargestNumberIsNoMoreThanTheTop) {
  const AlertEvidence hostile = evidence({1e308, 5e-324, -1e308, 1e308}, 1e308);
  EXPECT_EQ(chart(hostile).blocks, "█▁ █");
  EXPECT_EQ(course_in_words(hostile),
            "last centuries, at most centuries, usual centuries, with gaps");
}

}  // namespace
}  // namespace goxel_telemetry::metrics
