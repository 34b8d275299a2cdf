// SPDX-License-Identifier: GPL-3.0-or-later
// What a comparison says, in words: the first thing that `compare` prints.
#pragma once

#include <string>

#include "metrics/comparison/comparison.h"

namespace goxel_telemetry::cli {

// One sentence about the outermost layer that both sides have, and what the innermost one, the daemon
// in most cases, has to do with it. It says that it is about this pair of sessions: intervals hold what varies within them, and
// two sessions of the same programs differ by more. No newline.
std::string comparison_answer(const metrics::Comparison& comparison);

// Whether a layer or an operation is proven to be slower in B.
bool says_slower(const metrics::Comparison& comparison);

}  // namespace goxel_telemetry::cli
