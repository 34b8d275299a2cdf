// SPDX-License-Identifier: GPL-3.0-or-later
// How much of the host's resident memory is the plugin's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace goxel_telemetry::plugin {

using Memory = std::span<const std::byte>;

// The library that this code is in, with its variables.
Memory own_library() noexcept;

// Bytes of the pages that are present in this process, counted as the kernel counts resident memory.
// 0 if that cannot be known, because the process has no /proc. Allocates nothing; takes microseconds
// for a MiB.
std::uint64_t present_bytes(std::span<const Memory> memory) noexcept;

}  // namespace goxel_telemetry::plugin
