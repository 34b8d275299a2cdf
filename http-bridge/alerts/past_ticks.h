// SPDX-License-Identifier: GPL-3.0-or-later
// The last hour's ticks from the history, so that a bridge that was started again knows what is usual, and does not have to learn it
// anew for an hour.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "metrics/live/tick.h"

namespace goxel_telemetry::http_bridge {

// Calls visit(daemon, outer) for each tick of the hour before tick `end`, in their order; those without requests are left out.
// Tick `end` began at `end_began_seconds`, Unix time; `daemon_began_ns` is what the ticks will say. What cannot be read is left out.
void visit_past_ticks(
    const std::string& history_file, const std::string& instance, std::uint64_t end,
    std::uint64_t end_began_seconds, std::uint64_t daemon_began_ns,
    const std::function<void(const metrics::Tick& daemon, const metrics::Tick& outer)>& visit);

}  // namespace goxel_telemetry::http_bridge
