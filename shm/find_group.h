// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace goxel_telemetry::shm {

// The group of this name or number; empty: there is none.
std::optional<gid_t> find_group(const std::string& group);

// Its number if it has no name.
std::string group_name(gid_t group);

}  // namespace goxel_telemetry::shm
