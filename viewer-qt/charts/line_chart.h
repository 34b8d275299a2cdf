// SPDX-License-Identifier: GPL-3.0-or-later
// A chart of a few lines over the last seconds. The only class that knows Qt Charts, which is
// deprecated upstream: when it goes, this file is rewritten and nothing else.
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>
#include <memory>

#include "viewer-qt/models/time_series.h"

namespace goxel_telemetry::viewer {

class LineChart : public QWidget {
  Q_OBJECT
 public:
  enum class Scale { linear, logarithmic };

  // `seconds`: how far back the x axis goes. `unit` stands at the y axis.
  LineChart(const QString& title, const QString& unit, Scale scale, std::uint32_t seconds,
            QWidget* parent = nullptr);
  ~LineChart() override;

  // Lines are numbered in the order that they were added.
  void add_line(const QString& name, const QColor& color);
  // Pieces are not joined: a gap stays a gap. Values of a logarithmic chart that are not positive
  // are left out.
  void set_line(int line, const Pieces& pieces);
  // Fits the y axis to what is shown.
  void rescale();

 private:
  struct Private;
  std::unique_ptr<Private> private_;
};

}  // namespace goxel_telemetry::viewer
