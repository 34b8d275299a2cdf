// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry instances: all segments on this machine, and the processes that write them.
#pragma once

namespace goxel_telemetry::cli {

struct InstancesOptions {
  bool json = false;  // one object per line
};

int run_instances(const InstancesOptions& options);

}  // namespace goxel_telemetry::cli
