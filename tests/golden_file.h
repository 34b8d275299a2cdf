// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: compares an encoder's output with a file in tests/data.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace goxel_telemetry {

// Compares. If they differ, keeps the actual text in a file, which can replace the golden file if
// it is right.
inline void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = GOXEL_TELEMETRY_TEST_DATA "/" + name;
  std::ifstream file(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  if (actual == golden) return;
  const std::string written = testing::TempDir() + name.substr(name.rfind('/') + 1);
  std::ofstream(written, std::ios::binary) << actual;
  EXPECT_EQ(actual, golden) << "if this is what is wanted: cp " << written << " " << path;
}

}  // namespace goxel_telemetry
