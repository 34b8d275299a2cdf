// SPDX-License-Identifier: GPL-3.0-or-later
// The figures of the overview: those that a person looks at first.
#pragma once

#include <QList>
#include <QString>

#include "metrics/layers/layers.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::viewer {

struct Figure {
  QString name;
  QString value;
  QString hint;  // what exactly the figure counts
  // Somebody should act: shown with a sign, a word and a colour. What a wrong client makes of its requests is counted,
  // and is not.
  bool alarming = false;
};
struct FigureGroup {
  QString title;
  QList<Figure> figures;
};

// Always the same groups with the same figures, but for those of the processes of outer layers. `layers` may be null.
QList<FigureGroup> figure_groups(const metrics::Snapshot& snapshot,
                                 const metrics::LayersView* layers);

// Those of them that may change with each request, and not only from second to second.
QList<Figure> quick_figures(const metrics::Snapshot& snapshot, const metrics::LayersView* layers);

}  // namespace goxel_telemetry::viewer
