// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/figure_panel.h"

#include <QGridLayout>
#include <algorithm>

#include "viewer-qt/models/shown.h"
#include "viewer-qt/pages/panel.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

QFont bold(QFont font) {
  font.setBold(true);
  return font;
}

}  // namespace

FigurePanel::FigurePanel(QWidget* parent)
    : QFrame(parent), title_(heading({})), grid_(new QGridLayout(this)) {
  make_panel(*this);
  grid_->addWidget(title_, 0, 0, 1, 2);
  grid_->setContentsMargins(10, 6, 10, 8);
  grid_->setVerticalSpacing(1);
  grid_->setHorizontalSpacing(14);
  grid_->setColumnStretch(1, 1);
}

void FigurePanel::show_group(const FigureGroup& group) {
  if (title_->text() != group.title) title_->setText(group.title);
  while (rows_.size() < group.figures.size()) {
    const int row = static_cast<int>(rows_.size()) + 1;
    auto* name = new QLabel;
    auto* value = new ValueLabel(Qt::AlignRight);
    name->setTextFormat(Qt::PlainText);
    value->setFont(bold(value->font()));
    grid_->addWidget(name, row, 0);
    grid_->addWidget(value, row, 1);
    rows_.append(Row{name, value});
  }
  while (rows_.size() > group.figures.size()) {
    const Row row = rows_.takeLast();
    delete row.name;
    delete row.value;
  }
  for (qsizetype i = 0; i < rows_.size(); ++i) {
    const Figure& figure = group.figures[i];
    if (rows_[i].name->text() != figure.name) {
      rows_[i].name->setText(figure.name);
      rows_[i].value->setAccessibleName(figure.name);
    }
    show_figure(rows_[i], figure);
  }
}

void FigurePanel::show_figures(const QList<Figure>& figures) {
  for (const Row& row : rows_) {
    const auto found = std::ranges::find(figures, row.name->text(), &Figure::name);
    if (found != figures.end()) show_figure(row, *found);
  }
}

void FigurePanel::show_figure(const Row& row, const Figure& figure) {
  row.value->set_text(figure.alarming ? QStringLiteral("▲ ") + figure.value : figure.value);
  if (row.value->toolTip() != figure.hint) {
    row.name->setToolTip(plain_tip(figure.hint));
    row.value->setToolTip(figure.hint);
  }
  const QColor ink = figure.alarming ? theme::ink(theme::Ink::warning, palette())
                                     : palette().color(QPalette::WindowText);
  if (row.value->palette().color(QPalette::WindowText) == ink) return;
  QPalette colors = row.value->palette();
  colors.setColor(QPalette::WindowText, ink);
  row.value->setPalette(colors);
}

}  // namespace goxel_telemetry::viewer
