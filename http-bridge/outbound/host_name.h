// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace goxel_telemetry::http_bridge::outbound {

// Of this machine, printable: who gets something from several machines asks which.
std::string host_name();

}  // namespace goxel_telemetry::http_bridge::outbound
