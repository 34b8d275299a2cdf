// SPDX-License-Identifier: GPL-3.0-or-later
// For code that wants every joined operation, during a sweep: as it was joined, with numbers in place of names. Who wants
// more of it than that has a copy with names made.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "metrics/layers/chain_table.h"
#include "metrics/layers/traced_operation.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

struct ListenedOperation {
  const JoinedOperation& operation;
  std::uint64_t trace_id;
  std::span<const Span> spans;
  const ChainTable& names;
  Time now;  // of the sweep

  std::uint64_t duration_ns() const;  // at the outermost layer
  bool failed() const;                // at any layer
  TracedOperation traced() const;
};

using OperationListener = std::function<void(const ListenedOperation&)>;

}  // namespace goxel_telemetry::metrics
