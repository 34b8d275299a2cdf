// SPDX-License-Identifier: GPL-3.0-or-later
// Which columns a table of operations cannot do without.
#pragma once

#include <vector>

#include "metrics/operation_key.h"

namespace goxel_telemetry::cli {

// The fewest of an operation's other names that tell apart those of these operations that are called
// the same. Several combinations may do: a stack is preferred to a protocol, and that to a layer.
struct ToldApartBy {
  bool stack = false;
  bool protocol = false;
  bool layer = false;

  explicit ToldApartBy(const std::vector<const metrics::OperationKey*>& keys);

  // Ranks of Column: 0 if the column is needed, else the one that is given.
  int stack_rank(int otherwise) const { return stack ? 0 : otherwise; }
  int protocol_rank(int otherwise) const { return protocol ? 0 : otherwise; }
  int layer_rank(int otherwise) const { return layer ? 0 : otherwise; }
};

}  // namespace goxel_telemetry::cli
