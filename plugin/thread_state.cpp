// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/thread_state.h"

namespace goxel_telemetry::plugin {

constinit thread_local ThreadState thread_state;

}  // namespace goxel_telemetry::plugin
