// SPDX-License-Identifier: GPL-3.0-or-later
// Makes, finds and maps segments; nothing else uses Boost.Interprocess. A segment is a POSIX
// shared-memory object, one per producer process, with the name /goxel-telemetry.<instance>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shm/process_identity.h"
#include "shm/segment_layout.h"
#include "shm/segment_view.h"
#include "shm/trust.h"

namespace goxel_telemetry::shm {

// Letters, digits, '-', '_' and '.', not beginning with a '.', at most 63 bytes.
bool valid_instance_name(std::string_view instance);

// What a segment's object can be called behind its prefix: the instance's name; or, if somebody
// else's object is in the way, that with its owner's number behind it ("goxel@1001"), and, if that is
// taken too, anything behind that ("goxel@1001-3fa2c1d0"). Readers open segments by this name.
bool valid_segment_name(std::string_view name);

// The segment that is meant by an instance's name: of those whose producer lives, or else of those of
// dead ones, the caller's own, or root's, or the one that has just this name, or anybody's. `instance` itself if it has an '@' or if there is none.
std::string segment_name_of(const std::string& instance);

// The instance of the segment into which the layers outside of a daemon report (door: collector).
// They have a segment of their own because a segment has only one writing process. The name is
// longer than 63 bytes, and so not valid, if the daemon's name is longer than 56.
inline constexpr std::string_view kLayersSuffix = ".layers";
std::string layers_instance(std::string_view daemon_instance);
// The daemon's instance that `instance` belongs to: `instance` itself, unless it is one of outer
// layers.
std::string_view daemon_instance(std::string_view instance);

// A number of lanes of one size.
struct LaneTier {
  std::uint32_t lanes;
  std::uint64_t slots;  // a power of two
};

struct SegmentOptions {
  std::string instance = "goxel";
  std::uint32_t mode = 0640;  // permission bits of the object
  std::string group;          // name or number; empty: the process's own
  Door door = Door::none;
  ClockSource clock_source = ClockSource::monotonic;
  std::string host_name;
  std::string host_version;
  std::uint32_t workers_configured = 0;
  std::uint64_t created_monotonic_ns = 0;  // 0: now. A replayed run began earlier
  // Not to be read yet: until reveal_segment() it looks like one that is being made.
  bool hidden = false;
  std::uint32_t catalog_capacity = 512;
  std::uint32_t inflight_capacity = 8192;
  std::uint32_t collection_points = 64;
  // Operations for which there are totals; 0: none. Only a producer that keeps them asks for them.
  std::uint16_t operation_totals = 0;
  std::uint64_t target_latency_ns = 0;  // 0: not set
  std::uint64_t target_milli_operations_per_second = 0;
  std::uint64_t target_resident_bytes = 0;
  std::vector<LaneTier> tiers = {{8, 8192}};
};

// How large the segment is that is made with these options.
std::uint64_t segment_bytes(const SegmentOptions& options);

// A mapping of a segment. The destructor unmaps it; the shared-memory object stays until it is
// unlinked.
class Mapping {
 public:
  virtual ~Mapping() = default;
  virtual std::span<std::byte> bytes() const = 0;
  // Whether the object still has all its pages. Touching one that was taken away makes it again, for
  // which a reader would pay.
  virtual bool is_whole() const { return true; }
  virtual Provenance provenance() const { return {}; }
  // Whether somebody holds the segment's life lock (life_lock.h); false if that cannot be asked.
  virtual bool is_life_locked() const { return false; }
};

// --- producer side ---

enum class CreateOutcome {
  created,
  bad_options,     // the message names the option
  instance_taken,  // a live producer has that name
  // An object of that name belongs to another user, or the mode or group cannot be set.
  not_permitted,
  no_space,  // /dev/shm is missing or full
  failed,
};

// A file, however it is named.
struct ObjectId {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  friend bool operator==(const ObjectId&, const ObjectId&) = default;
};

struct Created {
  CreateOutcome outcome = CreateOutcome::failed;
  // One sentence for the operator: what is wrong; if created, that it has another name, if so.
  std::string message;
  std::unique_ptr<Mapping> mapping;
  ObjectId id = {};
  std::string name = {};  // of the segment, see valid_segment_name()
};

// Makes the segment, reserves its memory, and lays it out. Present in this process's memory is only
// what every producer uses; make_lane_present() does the rest as lanes come into use. Replaces a
// segment of the same name whose producer is dead. If an object of another user is in the way that is
// no living daemon of root's, the segment gets another name. Does not throw.
Created create_segment(const SegmentOptions& options);

void reveal_segment(const Mapping& segment);

// Whether the instance's name stands for something else now, or for nothing: somebody removed the
// segment. False also if this cannot be known, because the process sees another /dev/shm than
// `folder` (it has changed its root). Allocates nothing.
bool segment_was_removed(std::string_view instance, const ObjectId& segment,
                         const ObjectId& folder);
// What this process has at /dev/shm.
ObjectId shared_memory_folder();

// Makes a lane's pages present, so that its writer need not wait for them. Changes nothing in them,
// and may be called while the lane is written.
void make_lane_present(const ProducerView& segment, std::uint32_t lane);

// Removes the name, if it still names the segment of this run.
void remove_segment(const std::string& instance, std::uint64_t run_id);

// --- reader side ---

enum class OpenOutcome {
  opened,
  absent,
  not_permitted,
  not_trusted,      // its owner is not who its process runs as, or not one of those to be trusted
  not_ready,        // being made right now, or never finished
  not_a_segment,    // wrong magic, missing pages, or a layout that does not fit into its own size
  unknown_version,  // made by another major version of this software
  failed,
};

struct Opened {
  OpenOutcome outcome = OpenOutcome::failed;
  std::string message;  // unless opened: one sentence for the operator
  std::unique_ptr<Mapping> mapping;
};

// Maps the segment read-only and checks the layout. Does not throw. A segment that shrinks while it
// is mapped reads as zeros.
Opened open_segment(const std::string& instance);

// Whether the name now stands for another run than `run_id`, or for no segment.
bool segment_was_replaced(const std::string& instance, std::uint64_t run_id);

// Names of all instances that have an object on this machine, sorted. At most 1,000; if there are
// more, those of empty and sparse objects, which are no segments, are left out first.
std::vector<std::string> list_instances();

// Copies the geometry out of the header and checks that all parts lie within the segment. A header
// that is changed later does no harm.
OpenOutcome check_layout(std::span<const std::byte> segment, Geometry& out);

ProcessIdentity producer_of(const Header& header);

}  // namespace goxel_telemetry::shm
