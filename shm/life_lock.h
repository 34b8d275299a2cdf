// SPDX-License-Identifier: GPL-3.0-or-later
// The proof that a producer lives: a write lock on the first byte of its segment, which the kernel
// lets go when the producer ends, however it ends. It does not depend on /proc, clocks or pids, so it
// holds across namespaces, and for a process that is stopped.
//
// It is an open file description lock (fcntl(2), F_OFD_SETLK). It belongs to the description through
// which the segment is mapped, so it lasts as long as that mapping and needs no descriptor: a host
// that closes all its descriptors keeps it. A reader cannot hold it, because a write lock needs a
// description that may write; and the read lock that a reader can take disturbs nobody, because the
// producer takes its lock before the segment gets its name. A forked child shares the mapping and so
// the lock, until it gives the mapping up.
#pragma once

namespace goxel_telemetry::shm {

// `fd`: open for writing. Lasts until its description has neither a descriptor nor a mapping. False
// if somebody else holds the lock or the kernel has no such locks.
bool take_life_lock(int fd);

// Whether somebody holds the life lock of the object; also true where the kernel does not say.
bool is_life_locked(int fd);

}  // namespace goxel_telemetry::shm
