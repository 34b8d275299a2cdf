// SPDX-License-Identifier: GPL-3.0-or-later
// The producer's side: makes a segment, also in place of one whose producer is dead, and removes
// it.
#include "shm/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include "shm/clock.h"
#include "shm/find_group.h"
#include "shm/life_lock.h"
#include "shm/named_object.h"
#include "shm/signal_shield.h"

namespace goxel_telemetry::shm {
namespace {

namespace ipc = boost::interprocess;

constexpr std::uint64_t kPageBytes = 4096;

class ProducerMapping final : public Mapping {
 public:
  explicit ProducerMapping(ipc::mapped_region region) : region_(std::move(region)) {}
  std::span<std::byte> bytes() const override {
    return {static_cast<std::byte*>(region_.get_address()), region_.get_size()};
  }

 private:
  ipc::mapped_region region_;
};

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

// Where the parts of a segment lie that is made with these options.
struct Plan {
  Geometry geometry;
  std::uint64_t slots_offset;
  std::uint64_t bytes;
};

Plan plan(const SegmentOptions& options) {
  Plan plan{};
  Geometry& g = plan.geometry;
  g.catalog_offset = sizeof(Header);
  g.catalog_capacity = options.catalog_capacity;
  g.inflight_offset = g.catalog_offset + sizeof(CatalogEntry) * g.catalog_capacity;
  g.inflight_capacity = options.inflight_capacity;
  g.collection_points_offset = g.inflight_offset + sizeof(InflightLine) * g.inflight_capacity;
  g.collection_points_capacity = options.collection_points;
  g.lanes_offset =
      g.collection_points_offset + sizeof(CollectionPointLine) * g.collection_points_capacity;
  std::uint64_t slots = 0;
  for (const LaneTier& tier : options.tiers) {
    g.lane_count += tier.lanes;
    slots += tier.lanes * tier.slots;
  }
  plan.slots_offset = g.lanes_offset + sizeof(Lane) * g.lane_count;
  g.totals_offset = plan.slots_offset + sizeof(Slot) * slots;
  g.totals_capacity = options.operation_totals;
  const std::uint64_t totals =
      g.totals_capacity == 0 ? 0
                             : kTotalsCopies * totals_copy_bytes(g.lane_count, g.totals_capacity);
  plan.bytes = round_up(g.totals_offset + totals, kPageBytes);
  return plan;
}

std::string problem_with(const SegmentOptions& options) {
  if (!valid_instance_name(options.instance)) {
    return "the instance name \"" + options.instance +
           "\" is not 1 to 63 letters, digits, '-', '_' or '.'";
  }
  // A user who may write the object may also truncate it, and the host would die of SIGBUS.
  if ((options.mode & ~0644u) != 0 || (options.mode & 0600u) != 0600u) {
    return "segment_mode must be 0600, and may let group and others read (0640, 0644)";
  }
  if (options.catalog_capacity < kMinNames || options.catalog_capacity > kMaxNames ||
      options.inflight_capacity == 0 || options.inflight_capacity > kMaxInflight) {
    return "a segment needs 9 to 65536 names, and an in-flight table of 1 to 16384 lines";
  }
  if (options.collection_points > kMaxCollectionPoints) {
    return "a segment has at most 1024 collection points";
  }
  if (options.operation_totals > kMaxOperationTotals) {
    return "a segment has totals of at most 4096 operations";
  }
  for (const LaneTier& tier : options.tiers) {
    if (tier.slots == 0 || tier.slots > kMaxLaneSlots || (tier.slots & (tier.slots - 1)) != 0) {
      return "a lane's slots must be a power of two up to 1048576";
    }
  }
  const Plan planned = plan(options);
  if (planned.bytes > kMaxSegmentBytes) return "the segment would be larger than 1 GiB";
  if (planned.geometry.lane_count == 0 || planned.geometry.lane_count > kMaxLanes) {
    return "a segment needs 1 to 4096 lanes";
  }
  return "";
}

template <std::size_t N>
void copy_text(char (&out)[N], std::string_view text) {
  std::memcpy(out, text.data(), std::min(text.size(), N - 1));
}

std::uint64_t random_id() {
  std::uint64_t id = 0;
  if (getrandom(&id, sizeof id, GRND_NONBLOCK) != sizeof id) id = realtime_ns() ^ monotonic_ns();
  return id == 0 ? 1 : id;
}

void lay_out(std::span<std::byte> bytes, const SegmentOptions& options, bool life_locked) {
  const Plan where = plan(options);
  Header& header = *new (bytes.data()) Header{};
  header.layout_major = kLayoutMajor;
  header.layout_minor = kLayoutMinor;
  header.header_bytes = sizeof(Header);
  header.segment_bytes = bytes.size();
  header.run_id = random_id();
  const ProcessIdentity self = this_process();
  header.producer_pid = self.pid;
  header.producer_start_time = self.start_time;
  std::memcpy(header.boot_id, self.boot_id.data(), self.boot_id.size());
  header.life_locked = life_locked ? 1 : 0;
  header.door = options.door;
  const std::uint64_t now_ns = monotonic_ns();
  header.created_monotonic_ns =
      options.created_monotonic_ns == 0 ? now_ns : options.created_monotonic_ns;
  header.created_realtime_ns = realtime_ns() - now_ns + header.created_monotonic_ns;
  header.clock_source = options.clock_source;
  header.catalog_offset = where.geometry.catalog_offset;
  header.catalog_capacity = where.geometry.catalog_capacity;
  header.inflight_offset = where.geometry.inflight_offset;
  header.inflight_capacity = where.geometry.inflight_capacity;
  header.collection_points_offset = where.geometry.collection_points_offset;
  header.collection_points_capacity = where.geometry.collection_points_capacity;
  header.lanes_offset = where.geometry.lanes_offset;
  header.lane_count = where.geometry.lane_count;
  if (where.geometry.totals_capacity != 0) {
    header.totals_offset = where.geometry.totals_offset;
    header.totals_capacity = where.geometry.totals_capacity;
  }
  copy_text(header.instance, options.instance);
  copy_text(header.host_name, options.host_name);
  copy_text(header.host_version, options.host_version);
  copy_text(header.producer_version, GOXEL_TELEMETRY_VERSION);
  GaugeValues gauges;
  gauges[Gauge::workers_configured] = options.workers_configured;
  gauges[Gauge::target_latency_ns] = options.target_latency_ns;
  gauges[Gauge::target_milli_operations_per_second] = options.target_milli_operations_per_second;
  gauges[Gauge::target_resident_bytes] = options.target_resident_bytes;
  header.gauges.store(gauges);
  header.heartbeat_ns.store(now_ns, std::memory_order_relaxed);

  Lane* lane = ProducerView(bytes).lanes().data();
  std::uint64_t slots_offset = where.slots_offset;
  for (const LaneTier& tier : options.tiers) {
    for (std::uint32_t i = 0; i < tier.lanes; ++i, ++lane) {
      new (lane) Lane{};
      lane->slots_offset = slots_offset;
      lane->capacity = tier.slots;
      slots_offset += tier.slots * sizeof(Slot);
    }
  }
  // Pairs with check_layout().
  if (!options.hidden) header.magic.store(kMagic, std::memory_order_release);
}

ObjectId id_of(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

// Writes to pages of a new segment that are used soon, so that no request pays for the first access:
// all that is before the slots, the first lane, and the beginning of every other one.
void make_present(std::span<std::byte> bytes, const SegmentOptions& options) {
  const Plan where = plan(options);
  const auto touch = [&bytes](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin; at < std::min<std::uint64_t>(end, bytes.size());
         at += kPageBytes) {
      *const_cast<volatile std::byte*>(bytes.data() + at) = std::byte{0};
    }
  };
  touch(0, where.slots_offset);
  std::uint64_t slots_offset = where.slots_offset;
  for (const LaneTier& tier : options.tiers) {
    for (std::uint32_t i = 0; i < tier.lanes; ++i) {
      const std::uint64_t size = tier.slots * sizeof(Slot);
      const bool first = slots_offset == where.slots_offset;
      touch(slots_offset, slots_offset + (first ? size : std::min(size, kPageBytes)));
      slots_offset += size;
    }
  }
}

Created failure(CreateOutcome outcome, std::string message) {
  return {outcome, std::move(message), nullptr, {}};
}

// A free name under which a segment can be made.
struct Unfinished {
  std::string name;
  CreateOutcome outcome = CreateOutcome::created;  // created: `name` is one
  std::string message;
};

std::string is_starting(const std::string& instance) {
  return "another daemon is starting as instance \"" + instance + "\" at this moment";
}

Unfinished unfinished_name(const std::string& instance) {
  Unfinished found{unfinished_object_name(instance), CreateOutcome::created, ""};
  const Descriptor left(shm_open(found.name.c_str(), O_RDWR | O_NONBLOCK, 0));
  if (!left && errno == ENOENT) return found;
  if (!left && (errno == EMFILE || errno == ENFILE)) {
    return {"", CreateOutcome::failed,
            std::string("shared memory cannot be made: ") + std::strerror(errno)};
  }
  struct stat status {};
  const bool ours = left && fstat(left.get(), &status) == 0 && status.st_uid == geteuid();
  if (!ours) {  // somebody else put it there: no reason to do without telemetry
    found.name += '.' + std::to_string(random_id());
    return found;
  }
  // Its maker was killed, if the lock is free. Whoever removes it holds the lock meanwhile, so that
  // what is removed is not the one that the next maker has just made.
  if (!take_life_lock(left.get()) || !is_named(left.get(), found.name)) {
    return {"", CreateOutcome::instance_taken, is_starting(instance)};
  }
  shm_unlink(found.name.c_str());
  return found;
}

// Doubt counts as life: who takes a live producer's name cannot give it back.
bool is_alive(int fd, const std::optional<Owner>& owner) {
  if (!owner) return is_life_locked(fd);  // not readable yet
  return !owner->retired && liveness(fd, *owner) != Liveness::dead;
}

// Gives a finished segment this name, also in place of one whose producer is dead. `foreign`: what is
// in the way belongs to another user; a living daemon of root's has its name by right.
Created publish_as(const std::string& instance, const std::string& unfinished, bool& foreign) {
  const std::string name = object_name(instance);
  constexpr int kAttempts = 8;  // others may be at it at the same time
  for (int i = 0; i < kAttempts; ++i) {
    if (give_name(unfinished, name)) return {CreateOutcome::created, "", nullptr, {}, instance};
    if (errno == ENOENT) break;  // another maker took this one for left behind
    if (errno != EEXIST) {
      return failure(CreateOutcome::not_permitted,
                     std::string("the segment cannot be given its name: ") + std::strerror(errno));
    }
    struct stat status {};
    if (lstat(("/dev/shm" + name).c_str(), &status) != 0) continue;
    foreign = status.st_uid != geteuid();
    const Descriptor old = open_object(instance);
    if (!old && errno == ENOENT) continue;
    if (!old) {
      return failure(
          CreateOutcome::not_permitted,
          "what is at /dev/shm" + name + " is in the way: " +
              (errno == kNoSharedMemory ? "it is no shared memory" : std::strerror(errno)));
    }
    const std::optional<Owner> owner = owner_of(old.get());
    if (is_alive(old.get(), owner)) {
      foreign = foreign && status.st_uid != 0;
      return failure(CreateOutcome::instance_taken,
                     "instance \"" + instance + "\" is in use by " +
                         (owner ? "process " + std::to_string(owner->process.pid)
                                : std::string("a daemon that is starting")) +
                         "; give this daemon another instance name");
    }
    if (!exchange_names(unfinished, name)) {
      if (errno == ENOENT) continue;
      return failure(CreateOutcome::not_permitted, "the old segment of instance \"" + instance +
                                                       "\" belongs to " + user_name(status.st_uid) +
                                                       ": " + std::strerror(errno));
    }
    // Another daemon's segment may have come there since it was looked at.
    if (is_named(old.get(), unfinished)) {
      shm_unlink(unfinished.c_str());
      return {CreateOutcome::created, "", nullptr, {}, instance};
    }
    exchange_names(unfinished, name);
  }
  foreign = false;
  return failure(CreateOutcome::instance_taken, is_starting(instance));
}

// Nobody else's object keeps a daemon from telemetry.
Created publish(const std::string& instance, const std::string& unfinished) {
  bool foreign = false;
  Created created = publish_as(instance, unfinished, foreign);
  const std::string own = instance + '@' + std::to_string(geteuid());
  char number[20];
  std::snprintf(number, sizeof number, "-%08x", static_cast<unsigned>(random_id()));
  for (const std::string& other : {own, own + number}) {
    if (created.outcome == CreateOutcome::created || !foreign) break;
    created = publish_as(other, unfinished, foreign);
    if (created.outcome != CreateOutcome::created) continue;
    created.message = "another user's object has the name of instance \"";
    created.message.append(instance).append("\"; this daemon is \"").append(other).append("\"");
  }
  return created;
}

Created make_and_publish(const SegmentOptions& options, gid_t group) {
  const Unfinished free = unfinished_name(options.instance);
  if (free.outcome != CreateOutcome::created) return failure(free.outcome, free.message);
  const std::string& name = free.name;
  const std::uint64_t bytes = plan(options).bytes;
  ipc::shared_memory_object object(ipc::create_only, name.c_str(), ipc::read_write,
                                   ipc::permissions(0600));
  const int fd = object.get_mapping_handle().handle;
  const bool life_locked = take_life_lock(fd);
  const bool is_being_removed = !life_locked && (errno == EAGAIN || errno == EACCES);
  if (is_being_removed || !is_named(fd, name)) {
    return failure(CreateOutcome::instance_taken, is_starting(options.instance));
  }
  struct UnlinkUnlessMade {
    const std::string& name;
    bool made = false;
    ~UnlinkUnlessMade() {
      if (!made) shm_unlink(name.c_str());
    }
  } guard{name};
  // Without this a full /dev/shm would show only later, as SIGBUS in the host.
  if (const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes)); error != 0) {
    const std::string wanted = std::to_string(bytes) + " bytes";
    return failure(CreateOutcome::no_space,
                   error == EFBIG
                       ? "the limit on the size of files (ulimit -f, LimitFSIZE) is "
                         "below the " +
                             wanted + " of the shared memory"
                       : "shared memory has no room for " + wanted + ": " + std::strerror(error));
  }
  if (group != static_cast<gid_t>(-1) && fchown(fd, static_cast<uid_t>(-1), group) != 0) {
    return failure(CreateOutcome::not_permitted, "the segment cannot be given to group \"" +
                                                     options.group + "\": " + std::strerror(errno));
  }
  if (fchmod(fd, options.mode) != 0) {
    return failure(CreateOutcome::not_permitted,
                   std::string("the segment's mode cannot be set: ") + std::strerror(errno));
  }
  auto mapping =
      std::make_unique<ProducerMapping>(ipc::mapped_region(object, ipc::read_write, 0, bytes));
  make_present(mapping->bytes(), options);
  lay_out(mapping->bytes(), options, life_locked);
  Created created = publish(options.instance, name);
  guard.made = created.outcome == CreateOutcome::created;
  if (!guard.made) return created;
  created.mapping = std::move(mapping);
  struct stat status {};
  if (fstat(fd, &status) == 0) created.id = id_of(status);
  return created;
}

}  // namespace

Created create_segment(const SegmentOptions& options) {
  if (std::string problem = problem_with(options); !problem.empty()) {
    return failure(CreateOutcome::bad_options, std::move(problem));
  }
  const std::optional<gid_t> group =
      options.group.empty() ? static_cast<gid_t>(-1) : find_group(options.group);
  if (!group) {
    return failure(CreateOutcome::bad_options, "there is no group \"" + options.group + "\"");
  }
  // Beyond the limit on file sizes the kernel sends SIGXFSZ, which would end the host. Any other
  // signal could interrupt the reservation of the memory.
  const SignalShield shield;
  try {
    return make_and_publish(options, *group);
  } catch (const ipc::interprocess_exception& error) {
    const auto outcome =
        error.get_error_code() == ipc::already_exists_error ? CreateOutcome::instance_taken
        : error.get_error_code() == ipc::security_error     ? CreateOutcome::not_permitted
        : error.get_error_code() == ipc::not_found_error    ? CreateOutcome::no_space
                                                            : CreateOutcome::failed;
    return failure(outcome, std::string("shared memory cannot be made: ") + error.what());
  } catch (const std::exception& error) {
    return failure(CreateOutcome::failed,
                   std::string("shared memory cannot be made: ") + error.what());
  }
}

std::uint64_t segment_bytes(const SegmentOptions& options) {
  return plan(options).bytes;
}

void make_lane_present(const ProducerView& segment, std::uint32_t lane) {
  const auto slots = std::as_writable_bytes(segment.slots(segment.lane(lane)));
  const auto begin = reinterpret_cast<std::uintptr_t>(slots.data()) / kPageBytes * kPageBytes;
  const auto end = reinterpret_cast<std::uintptr_t>(slots.data() + slots.size());
#if !defined(MADV_POPULATE_WRITE)
  constexpr int MADV_POPULATE_WRITE = 23;
#endif
  // A kernel before 5.14 does not know it: there a lane's pages come as they are written.
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
}

void reveal_segment(const Mapping& segment) {
  ProducerView(segment.bytes()).header().magic.store(kMagic, std::memory_order_release);
}

ObjectId shared_memory_folder() {
  struct stat status {};
  return stat("/dev/shm", &status) == 0 ? id_of(status) : ObjectId{};
}

bool segment_was_removed(std::string_view instance, const ObjectId& segment,
                         const ObjectId& folder) {
  if (folder == ObjectId{} || shared_memory_folder() != folder) return false;
  char path[128];
  std::snprintf(path, sizeof path, "/dev/shm/%.*s%.*s", static_cast<int>(kObjectPrefix.size()),
                kObjectPrefix.data(), static_cast<int>(instance.size()), instance.data());
  struct stat status {};
  if (stat(path, &status) != 0) return errno == ENOENT;
  return id_of(status) != segment;
}

// The name may change hands meanwhile, so what is removed is looked at once it has another name.
void remove_segment(const std::string& instance, std::uint64_t run_id) {
  if (segment_was_replaced(instance, run_id)) return;
  const std::string name = object_name(instance);
  const std::string removed = unfinished_object_name(instance) + '.' + std::to_string(random_id());
  if (!give_name(name, removed)) return;
  const Descriptor object = open_object_named(removed);
  const std::optional<Owner> owner = object ? owner_of(object.get()) : std::nullopt;
  if (owner && owner->run_id != run_id && give_name(removed, name)) return;
  shm_unlink(removed.c_str());
}

}  // namespace goxel_telemetry::shm
