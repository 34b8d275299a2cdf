// SPDX-License-Identifier: GPL-3.0-or-later
// A table that fits the terminal. Columns are as wide as their widest cell; columns without any
// text are left out. If the table is too wide, the least important columns are left out first; if
// it is still too wide, the text of the first column is cut.
#pragma once

#include <string>
#include <vector>

#include "cli/screen/terminal.h"
#include "metrics/text/characters.h"

namespace goxel_telemetry::cli {

struct Column {
  std::string title;
  Align align = Align::right;
  int rank = 0;  // 0: never left out; the highest rank is left out first
};

// Shows hidden characters of the text (metrics/text/characters.h): names come from clients.
struct Cell {
  Cell(const std::string& t, Emphasis e = Emphasis::none)
      : text(metrics::visible(t)), emphasis(e) {}
  std::string text;
  Emphasis emphasis;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // `row` has as many cells as there are columns.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // The title line and the rows, each with a newline.
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

// "label      fact   fact   fact"; when the width is used up, the line continues below the first
// fact. Empty facts are left out; if all are empty, the result is empty.
std::string fact_line(const std::string& label, const std::vector<Cell>& facts, const Style& style);

}  // namespace goxel_telemetry::cli
