// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include <algorithm>
#include <cassert>

namespace goxel_telemetry::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kShortestName = 8;
constexpr std::size_t kLabelColumns = 12;
constexpr std::size_t kFactGap = 3;

struct Placed {
  std::size_t column;
  std::size_t width;
};

std::size_t total_width(const std::vector<Placed>& placed) {
  std::size_t total = placed.empty() ? 0 : kGap * (placed.size() - 1);
  for (const Placed& p : placed) total += p.width;
  return total;
}

// Padding stays outside of the colours, and none follows the last column.
void append_cell(std::string& out, const Cell& cell, const Placed& place, Align align, bool last,
                 const Style& style) {
  const std::string text = cut(cell.text, place.width);
  const std::string padding(place.width - columns(text), ' ');
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

std::string Table::render(const Style& style) const {
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, columns(row[i].text));
    placed.push_back({i, width});
  }
  const auto rank = [this](const Placed& p) { return columns_[p.column].rank; };
  const auto too_wide = [&] { return style.width != 0 && total_width(placed) > style.width; };
  while (too_wide()) {
    const auto least =
        std::max_element(placed.begin(), placed.end(),
                         [&](const Placed& a, const Placed& b) { return rank(a) < rank(b); });
    if (least == placed.end() || rank(*least) == 0) break;
    placed.erase(least);
  }
  if (too_wide()) {
    std::size_t& name = placed.front().width;
    const std::size_t excess = total_width(placed) - style.width;
    name = std::min(name, std::max(kShortestName, name > excess ? name - excess : 0));
  }

  std::string out;
  const auto append_row = [&](auto&& cell_of) {
    for (std::size_t i = 0; i < placed.size(); ++i) {
      const Column& column = columns_[placed[i].column];
      append_cell(out, cell_of(placed[i].column), placed[i], column.align, i + 1 == placed.size(),
                  style);
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
