// SPDX-License-Identifier: GPL-3.0-or-later
// A table that fits the terminal: columns are as wide as their widest cell, those without any text
// are left out; if that is too wide, the least important columns go first, and at last the text of
// the first column is cut.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace goxel_telemetry::cli {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::right;
  int rank = 0;  // 0: never left out; the highest goes first
};

struct Cell {
  Cell(std::string t, Emphasis e = Emphasis::none) : text(std::move(t)), emphasis(e) {}
  std::string text;
  Emphasis emphasis;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // Title line and rows, each with a newline.
  std::string render(const Style& style) const;

 private:
  struct Placed {
    std::size_t column;
    std::size_t width;
  };
  std::vector<Placed> place(std::size_t available) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "label      fact   fact   fact", continued below the first fact where the width is used up. Facts
// that are empty are left out; without any there is no line.
std::string fact_line(const std::string& label, const std::vector<Cell>& facts, const Style& style);

}  // namespace goxel_telemetry::cli
