// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded session as one side of a comparison: what a LiveObserver would have observed of the
// daemon and its outer layers if it had watched as long as the recorder did.
#pragma once

#include <functional>

#include "metrics/comparison/observation.h"
#include "metrics/recording/recording.h"

namespace goxel_telemetry::metrics {

// `open` returns a reader that stands at the beginning; it is called twice, and the first reader is
// gone before the second call. A recording that breaks off counts as far as it goes. Empty if there
// is nothing to compare.
Observation observe_recording(const std::function<recording::Reader()>& open);

}  // namespace goxel_telemetry::metrics
