// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/holm.h"

#include <algorithm>

namespace goxel_telemetry::metrics {

void adjust_by_holm(std::span<double*> p_values) {
  std::sort(p_values.begin(), p_values.end(),
            [](const double* a, const double* b) { return *a < *b; });
  double so_far = 0;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    so_far = std::max(so_far, *p_values[i] * static_cast<double>(p_values.size() - i));
    *p_values[i] = std::min(1.0, so_far);
  }
}

}  // namespace goxel_telemetry::metrics
