// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/flow_grid.h"

#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>

namespace goxel_telemetry::viewer {
namespace {

constexpr int kSpacing = 8;
constexpr int kMostColumns = 4;

}  // namespace

FlowGrid::FlowGrid(QWidget* parent) : QWidget(parent) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(kSpacing);
  for (int i = 0; i < kMostColumns; ++i) {
    auto* column = new QVBoxLayout;
    column->setSpacing(kSpacing);
    row->addLayout(column, 0);
    columns_ += column;
  }
}

void FlowGrid::add(QWidget* panel) {
  panels_ += panel;
  panel->setParent(this);
  panel->show();
  arrange(1);
}

void FlowGrid::arrange(int columns) {
  QList<int> heights(columns, 0);
  for (QVBoxLayout* column : columns_) {
    while (QLayoutItem* item = column->takeAt(0)) {
      if (item->widget() == nullptr) delete item;  // a stretch; a panel's item belongs to it
    }
  }
  for (QWidget* panel : panels_) {
    const auto shortest = std::min_element(heights.begin(), heights.end()) - heights.begin();
    columns_[shortest]->addWidget(panel);
    heights[shortest] += panel->sizeHint().height() + kSpacing;
  }
  auto* row = static_cast<QHBoxLayout*>(layout());
  for (int i = 0; i < kMostColumns; ++i) {
    columns_[i]->addStretch(1);
    row->setStretch(i, i < columns ? 1 : 0);
  }
  row->setSpacing(columns > 1 ? kSpacing : 0);
}

void FlowGrid::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  int widest = 1;
  for (const QWidget* panel : panels_) {
    widest = std::max({widest, panel->minimumSizeHint().width(), panel->sizeHint().width()});
  }
  arrange(std::clamp((width() + kSpacing) / (widest + kSpacing), 1,
                     std::min<int>(kMostColumns, static_cast<int>(panels_.size()))));
}

}  // namespace goxel_telemetry::viewer
