// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded session as one side of a comparison: what LiveObserver would have made of the daemon
// and its outer layers, had it watched as long as the recorder did.
#pragma once

#include <functional>

#include "metrics/comparison/observation.h"
#include "metrics/recording/recording.h"

namespace goxel_telemetry::metrics {

// `open` gives a reader at the beginning; it is called twice, one reader at a time. A recording
// that breaks off counts up to there. Empty if there is nothing to compare.
Observation observe_recording(const std::function<recording::Reader()>& open);

}  // namespace goxel_telemetry::metrics
