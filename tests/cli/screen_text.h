// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a printed screen, taken apart.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace goxel_telemetry::cli {

inline std::vector<std::string> lines_of(const std::string& screen) {
  std::vector<std::string> lines;
  std::istringstream stream(screen);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// What stands between two spaces and more: the cells of a table, the facts of a line.
inline std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t at = 0; (at = line.find_first_not_of(' ', at)) != std::string::npos;) {
    const std::size_t end = std::min(line.find("  ", at), line.size());
    cells.push_back(line.substr(at, end - at));
    at = end;
  }
  return cells;
}

// The cells of the only line whose first cell is `first`, and those of the `below`th line below it.
inline std::vector<std::string> row_of(const std::string& screen, const std::string& first,
                                       std::size_t below = 0) {
  const std::vector<std::string> lines = lines_of(screen);
  std::vector<std::string> found;
  std::size_t times = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<std::string> cells = cells_of(lines[i]);
    if (cells.empty() || cells.front() != first) continue;
    ++times;
    if (i + below < lines.size()) found = cells_of(lines[i + below]);
  }
  EXPECT_EQ(times, 1u) << '"' << first << "\" must begin exactly one line of\n" << screen;
  return found;
}

// First cells of the lines below the one that begins with `title`, to the next empty line.
inline std::vector<std::string> column_of(const std::string& screen, const std::string& title) {
  std::vector<std::string> column;
  bool within = false;
  for (const std::string& line : lines_of(screen)) {
    const std::vector<std::string> cells = cells_of(line);
    if (within && cells.empty()) break;
    if (within) column.push_back(cells.front());
    within = within || (!cells.empty() && cells.front() == title);
  }
  return column;
}

}  // namespace goxel_telemetry::cli
