// SPDX-License-Identifier: GPL-3.0-or-later
// Where the time of each stack goes: a bar for each hop, its time, and its share. Both stacks on one scale, so that what a
// layer costs can be seen by comparing them.
#pragma once

#include <QColor>
#include <QList>
#include <QRectF>
#include <QString>
#include <QWidget>
#include <memory>

#include "metrics/layers/layers.h"
#include "viewer-qt/charts/painted_text.h"

namespace goxel_telemetry::viewer {

class LayerBars : public QWidget, public PaintsText {
  Q_OBJECT
 public:
  explicit LayerBars(QWidget* parent = nullptr);

  // Null: nothing is known. `stack`: only this one; empty: all.
  void show_layers(std::shared_ptr<const metrics::LayersView> layers, metrics::Window window,
                   const std::string& stack);

  struct Line {
    QString name;
    QString value;
    QString hint;
    double begin = 0;  // of the bar, as parts of the longest stack
    double length = 0;
    QColor color;
    bool is_heading = false;
    friend bool operator==(const Line&, const Line&) = default;
  };
  const QList<Line>& lines() const { return lines_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  std::vector<PaintedText> painted_texts() const override;
  QString tip_at(const QPoint& place) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void make_lines();
  // Of names and of values, beside the bars.
  int name_width() const;
  int value_width() const;
  int row_height() const { return fontMetrics().height() + 2; }

  std::shared_ptr<const metrics::LayersView> layers_;
  metrics::Window window_ = metrics::Window::one_minute;
  std::string stack_;
  QList<Line> lines_;
};

}  // namespace goxel_telemetry::viewer
