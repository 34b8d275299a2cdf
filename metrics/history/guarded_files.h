// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite's own files, except that a history's -shm file, which every process that has the history open
// maps, may be truncated by any of its users: that ends a transaction with an error, and not the
// process with SIGBUS.
#pragma once

namespace goxel_telemetry::metrics {

// The name of the VFS. Nothing is written any more through a connection whose shared memory was
// truncated, for it may have read anything: it must be closed.
const char* guarded_files();

}  // namespace goxel_telemetry::metrics
