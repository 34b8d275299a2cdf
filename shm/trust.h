// SPDX-License-Identifier: GPL-3.0-or-later
// Whose segments count as a daemon's. Any user may put an object under any name, and write anything
// into it; only the kernel's own word counts: who owns the object, and as whom a process runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shm/process_identity.h"

namespace goxel_telemetry::shm {

// Who made a segment.
struct Provenance {
  bool known = false;  // false: it is no shared memory
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  // The process that the segment names is seen to run, as its owner or with root's object. False if
  // the process cannot be looked at: it is in another pid namespace, /proc hides it, or it has ended.
  bool verified = false;
};

// From now on only objects of these users (names or numbers) and of root count in this process.
// Before that, anybody's do. Call it before the first segment is opened. Returns an empty string, or
// a sentence that names the user whom this machine does not know.
std::string trust_only(const std::vector<std::string>& users);
bool is_trusted(std::uint32_t uid);

// The users that a process runs as: real, effective, saved and of its files. Empty if /proc does not
// say.
std::vector<std::uint32_t> users_of(std::uint32_t pid);

// Whether a segment of this owner may be the one of this process: `uid` is one of the process's
// users, or root. A process that is not seen to be exactly this one proves nothing.
enum class Claim { true_claim, false_claim, unproven };
Claim claim_of(std::uint32_t uid, const ProcessIdentity& process);

// "alice", or "user 1000" without a name.
std::string user_name(std::uint32_t uid);

}  // namespace goxel_telemetry::shm
