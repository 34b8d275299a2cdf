// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/table.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace goxel_telemetry::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kShortestName = 8;
constexpr std::size_t kLabelColumns = 12;
constexpr std::size_t kFactGap = 3;

// Padding stays outside of the colours. The last column gets no padding after it.
void append_cell(std::string& out, const Cell& cell, std::size_t width, Align align, bool last,
                 const Style& style) {
  const std::string text = cut(cell.text, width);
  const std::string padding(width - columns(text), ' ');
  if (align == Align::right) out += padding;
  out += style.paint(cell.emphasis, text);
  if (last) return;
  if (align == Align::left) out += padding;
  out.append(kGap, ' ');
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::vector<Table::Placed> Table::place(std::size_t available) const {
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = 0;
    for (const auto& row : rows_) width = std::max(width, columns(row[i].text));
    if (width != 0) placed.push_back({i, std::max(width, columns(columns_[i].title))});
  }
  const auto total = [&placed] {
    std::size_t sum = placed.empty() ? 0 : kGap * (placed.size() - 1);
    for (const Placed& p : placed) sum += p.width;
    return sum;
  };
  const auto less_rank = [this](const Placed& a, const Placed& b) {
    return columns_[a.column].rank < columns_[b.column].rank;
  };
  while (total() > available) {
    const auto least = std::max_element(placed.begin(), placed.end(), less_rank);
    if (columns_[least->column].rank == 0) break;
    placed.erase(least);
  }
  if (const std::size_t sum = total(); sum > available) {
    std::size_t& name = placed.front().width;
    const std::size_t excess = sum - available;
    name = std::min(name, std::max(kShortestName, name > excess ? name - excess : 0));
  }
  return placed;
}

std::string Table::render(const Style& style) const {
  const std::vector<Placed> placed = place(style.width == 0 ? SIZE_MAX : style.width);
  std::string out;
  const auto append_row = [&](auto&& cell_of) {
    for (std::size_t i = 0; i < placed.size(); ++i) {
      const Column& column = columns_[placed[i].column];
      append_cell(out, cell_of(placed[i].column), placed[i].width, column.align,
                  i + 1 == placed.size(), style);
    }
    out += '\n';
  };
  append_row([this](std::size_t i) { return Cell(columns_[i].title, Emphasis::strong); });
  for (const auto& row : rows_) {
    append_row([&row](std::size_t i) -> const Cell& { return row[i]; });
  }
  return out;
}

std::string fact_line(const std::string& label, const std::vector<Cell>& facts,
                      const Style& style) {
  assert(columns(label) < kLabelColumns);
  std::string out;
  std::size_t used = 0;
  for (const Cell& fact : facts) {
    if (fact.text.empty()) continue;
    const std::size_t width = columns(fact.text);
    if (out.empty()) {
      out = style.paint(Emphasis::faint, label) + std::string(kLabelColumns - columns(label), ' ');
      used = kLabelColumns;
    } else if (style.width != 0 && used + kFactGap + width > style.width) {
      out += '\n' + std::string(kLabelColumns, ' ');
      used = kLabelColumns;
    } else {
      out.append(kFactGap, ' ');
      used += kFactGap;
    }
    out += style.paint(fact.emphasis, fact.text);
    used += width;
  }
  return out.empty() ? out : out + '\n';
}

}  // namespace goxel_telemetry::cli
