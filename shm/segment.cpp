// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/segment.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include <dirent.h>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include "shm/bus_guard.h"
#include "shm/clock.h"

namespace goxel_telemetry::shm {
namespace {

namespace ipc = boost::interprocess;

constexpr std::string_view kNamePrefix = "goxel-telemetry.";
constexpr std::uint64_t kMaxSegmentBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxSlots = std::uint64_t{1} << 24;

std::string object_name(std::string_view instance) {
  return std::string(kNamePrefix).append(instance);
}

class ProducerMapping final : public Mapping {
 public:
  explicit ProducerMapping(ipc::mapped_region region) : region_(std::move(region)) {}
  std::span<std::byte> bytes() const override {
    return {static_cast<std::byte*>(region_.get_address()), region_.get_size()};
  }

 private:
  ipc::mapped_region region_;
};

class ReaderMapping final : public Mapping {
 public:
  explicit ReaderMapping(ipc::mapped_region region)
      : region_(std::move(region)), guard_(region_.get_address(), region_.get_size()) {}
  std::span<std::byte> bytes() const override {
    return {static_cast<std::byte*>(region_.get_address()), region_.get_size()};
  }

 private:
  ipc::mapped_region region_;
  BusGuard guard_;
};

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

// Where the parts of a segment made with these options lie.
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
  g.lanes_offset = g.inflight_offset + sizeof(InflightLine) * g.inflight_capacity;
  std::uint64_t slots = 0;
  for (const LaneTier& tier : options.tiers) {
    g.lane_count += tier.lanes;
    slots += tier.lanes * tier.slots;
  }
  plan.slots_offset = g.lanes_offset + sizeof(Lane) * g.lane_count;
  plan.bytes = round_up(plan.slots_offset + sizeof(Slot) * slots, 4096);
  return plan;
}

std::string problem_with(const SegmentOptions& options) {
  if (!valid_instance_name(options.instance)) {
    return "the instance name \"" + options.instance +
           "\" is not 1 to 63 letters, digits, '-', '_' or '.'";
  }
  if ((options.mode & ~0666u) != 0 || (options.mode & 0600u) != 0600u) {
    return "segment_mode must let the owner read and write, and has no other bits than 0666";
  }
  if (options.tiers.empty() || options.catalog_capacity == 0 || options.inflight_capacity == 0) {
    return "a segment needs lanes, a catalog and an in-flight table";
  }
  for (const LaneTier& tier : options.tiers) {
    if (tier.slots == 0 || tier.slots > kMaxSlots || (tier.slots & (tier.slots - 1)) != 0) {
      return "a lane's slots must be a power of two up to 16777216";
    }
  }
  return plan(options).bytes > kMaxSegmentBytes ? "the segment would be larger than 1 GiB" : "";
}

// (gid_t)-1 for none; false if the name is unknown.
bool find_group(const std::string& group, gid_t& out) {
  out = static_cast<gid_t>(-1);
  if (group.empty()) return true;
  const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), out);
  if (error == std::errc() && end == group.data() + group.size()) return true;
  ::group entry{};
  ::group* found = nullptr;
  char buffer[16384];
  if (getgrnam_r(group.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) {
    return false;
  }
  out = found->gr_gid;
  return true;
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

void lay_out(std::span<std::byte> bytes, const SegmentOptions& options) {
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
  header.door = options.door;
  header.created_realtime_ns = realtime_ns();
  header.created_monotonic_ns = monotonic_ns();
  header.clock_source = options.clock_source;
  header.catalog_offset = where.geometry.catalog_offset;
  header.catalog_capacity = where.geometry.catalog_capacity;
  header.inflight_offset = where.geometry.inflight_offset;
  header.inflight_capacity = where.geometry.inflight_capacity;
  header.lanes_offset = where.geometry.lanes_offset;
  header.lane_count = where.geometry.lane_count;
  copy_text(header.instance, options.instance);
  copy_text(header.host_name, options.host_name);
  copy_text(header.host_version, options.host_version);
  copy_text(header.producer_version, GOXEL_TELEMETRY_VERSION);
  header.gauges.workers_configured.store(options.workers_configured, std::memory_order_relaxed);
  header.heartbeat_ns.store(header.created_monotonic_ns, std::memory_order_relaxed);

  auto* lane = reinterpret_cast<Lane*>(bytes.data() + where.geometry.lanes_offset);
  std::uint64_t slots_offset = where.slots_offset;
  for (const LaneTier& tier : options.tiers) {
    for (std::uint32_t i = 0; i < tier.lanes; ++i, ++lane) {
      new (lane) Lane{};
      lane->slots_offset = slots_offset;
      lane->capacity = tier.slots;
      slots_offset += tier.slots * sizeof(Slot);
    }
  }
  header.magic.store(kMagic, std::memory_order_release);  // pairs with check_layout()
}

Created failure(CreateOutcome outcome, std::string message) {
  return {outcome, std::move(message), nullptr};
}

// What stands in the way of taking a name over, if anything.
struct Takeover {
  CreateOutcome outcome = CreateOutcome::created;  // created: the name is free now
  std::string message;
};

// Frees a name whose producer is dead. Two starts at once are kept apart by a lock on the old
// object: whoever holds it and still finds the name on it may unlink; the other one finds a new
// object there and looks again.
Takeover take_over(const std::string& instance) {
  const std::string name = object_name(instance);
  try {
    ipc::shared_memory_object old(ipc::open_only, name.c_str(), ipc::read_only);
    const int fd = old.get_mapping_handle().handle;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      return {CreateOutcome::instance_taken,
              "another daemon is starting as instance \"" + instance + "\" at this moment"};
    }
    struct stat held {};
    struct stat named {};
    ipc::shared_memory_object now(ipc::open_only, name.c_str(), ipc::read_only);
    if (fstat(fd, &held) != 0 || fstat(now.get_mapping_handle().handle, &named) != 0 ||
        held.st_ino != named.st_ino) {
      return {CreateOutcome::instance_taken,
              "another daemon just started as instance \"" + instance + "\""};
    }
    const Opened found = open_segment(instance);
    if (found.outcome == OpenOutcome::opened) {
      const auto& header = *reinterpret_cast<const Header*>(found.mapping->bytes().data());
      const bool retired = header.state.load(std::memory_order_acquire) ==
                           static_cast<std::uint64_t>(ProducerState::retired);
      const ProcessIdentity producer = producer_of(header);
      if (!retired && liveness(producer) != Liveness::dead) {
        return {CreateOutcome::instance_taken,
                "instance \"" + instance + "\" is in use by process " +
                    std::to_string(producer.pid) + "; give this daemon another instance name"};
      }
    }
    if (!ipc::shared_memory_object::remove(name.c_str())) {
      return {CreateOutcome::not_permitted,
              "the old segment of instance \"" + instance +
                  "\" belongs to another user: " + std::strerror(errno)};
    }
    return {};
  } catch (const ipc::interprocess_exception& error) {
    if (error.get_error_code() == ipc::not_found_error) return {};  // somebody else freed it
    return {CreateOutcome::not_permitted,
            "the old segment of instance \"" + instance + "\" cannot be replaced: " + error.what()};
  }
}

Created create_in_free_name(const SegmentOptions& options, gid_t group) {
  const std::string name = object_name(options.instance);
  const std::uint64_t bytes = plan(options).bytes;
  ipc::shared_memory_object object(ipc::create_only, name.c_str(), ipc::read_write,
                                   ipc::permissions(0600));
  const int fd = object.get_mapping_handle().handle;
  const auto give_up = [&name](CreateOutcome outcome, std::string message) {
    ipc::shared_memory_object::remove(name.c_str());
    return failure(outcome, std::move(message));
  };
  // Without this a full /dev/shm would show only later, as SIGBUS in the host. It also makes every
  // page present.
  if (const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes)); error != 0) {
    return give_up(CreateOutcome::no_space, "shared memory has no room for " +
                                                std::to_string(bytes) +
                                                " bytes: " + std::strerror(error));
  }
  if (group != static_cast<gid_t>(-1) && fchown(fd, static_cast<uid_t>(-1), group) != 0) {
    return give_up(CreateOutcome::not_permitted, "the segment cannot be given to group \"" +
                                                     options.group + "\": " + std::strerror(errno));
  }
  if (fchmod(fd, options.mode) != 0) {
    return give_up(CreateOutcome::not_permitted,
                   std::string("the segment's mode cannot be set: ") + std::strerror(errno));
  }
  auto mapping = std::make_unique<ProducerMapping>(
      ipc::mapped_region(object, ipc::read_write, 0, bytes, nullptr, MAP_SHARED | MAP_POPULATE));
  lay_out(mapping->bytes(), options);
  return {CreateOutcome::created, "", std::move(mapping)};
}

}  // namespace

bool valid_instance_name(std::string_view instance) {
  if (instance.empty() || instance.size() > 63 || instance.front() == '.') return false;
  return std::all_of(instance.begin(), instance.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Created create_segment(const SegmentOptions& options) {
  if (std::string problem = problem_with(options); !problem.empty()) {
    return failure(CreateOutcome::bad_options, std::move(problem));
  }
  gid_t group = 0;
  if (!find_group(options.group, group)) {
    return failure(CreateOutcome::bad_options, "there is no group \"" + options.group + "\"");
  }
  try {
    Takeover takeover = take_over(options.instance);
    if (takeover.outcome != CreateOutcome::created) {
      return failure(takeover.outcome, std::move(takeover.message));
    }
    return create_in_free_name(options, group);
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

void remove_segment(const std::string& instance, std::uint64_t run_id) {
  if (!segment_was_replaced(instance, run_id)) {
    ipc::shared_memory_object::remove(object_name(instance).c_str());
  }
}

Opened open_segment(const std::string& instance) {
  const auto failed = [](OpenOutcome outcome, std::string message) {
    return Opened{outcome, std::move(message), nullptr};
  };
  if (!valid_instance_name(instance)) {
    return failed(OpenOutcome::absent, "\"" + instance + "\" is no valid instance name");
  }
  try {
    ipc::shared_memory_object object(ipc::open_only, object_name(instance).c_str(), ipc::read_only);
    ipc::offset_t bytes = 0;
    if (!object.get_size(bytes) || bytes < static_cast<ipc::offset_t>(sizeof(Header))) {
      return failed(OpenOutcome::not_ready, "the segment of instance \"" + instance +
                                                "\" is being made, or its making was cut short");
    }
    auto mapping = std::make_unique<ReaderMapping>(ipc::mapped_region(object, ipc::read_only));
    Geometry geometry;
    const OpenOutcome outcome = check_layout(mapping->bytes(), geometry);
    switch (outcome) {
      case OpenOutcome::opened:
        return {outcome, "", std::move(mapping)};
      case OpenOutcome::not_ready:
        return failed(outcome, "the segment of instance \"" + instance +
                                   "\" is being made, or its making was cut short");
      case OpenOutcome::unknown_version:
        return failed(outcome, "the segment of instance \"" + instance +
                                   "\" was made by another version of goxel-telemetry");
      default:
        return failed(outcome, "the shared memory of instance \"" + instance +
                                   "\" is not a whole telemetry segment");
    }
  } catch (const ipc::interprocess_exception& error) {
    if (error.get_error_code() == ipc::not_found_error) {
      return failed(OpenOutcome::absent, "there is no segment of instance \"" + instance + "\"");
    }
    const bool denied = error.get_error_code() == ipc::security_error;
    return failed(denied ? OpenOutcome::not_permitted : OpenOutcome::failed,
                  "the segment of instance \"" + instance + "\" cannot be opened: " + error.what() +
                      (denied ? "; join the group that owns it (segment_group)" : ""));
  } catch (const std::exception& error) {
    return failed(OpenOutcome::failed,
                  std::string("the segment cannot be mapped: ") + error.what());
  }
}

bool segment_was_replaced(const std::string& instance, std::uint64_t run_id) {
  const Opened now = open_segment(instance);
  return now.outcome != OpenOutcome::opened ||
         reinterpret_cast<const Header*>(now.mapping->bytes().data())->run_id != run_id;
}

std::vector<std::string> list_instances() {
  constexpr std::size_t kMost = 1000;
  std::vector<std::string> instances;
  DIR* folder = opendir("/dev/shm");
  if (folder == nullptr) return instances;
  while (const dirent* entry = readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(kNamePrefix)) continue;
    const std::string_view instance = name.substr(kNamePrefix.size());
    if (valid_instance_name(instance)) instances.emplace_back(instance);
    if (instances.size() == kMost) break;
  }
  closedir(folder);
  std::sort(instances.begin(), instances.end());
  return instances;
}

OpenOutcome check_layout(std::span<const std::byte> segment, Geometry& out) {
  if (segment.size() < sizeof(Header)) return OpenOutcome::not_a_segment;
  const auto& header = *reinterpret_cast<const Header*>(segment.data());
  const std::uint64_t magic = header.magic.load(std::memory_order_acquire);  // pairs with lay_out()
  if (magic == 0) return OpenOutcome::not_ready;
  if (magic != kMagic) return OpenOutcome::not_a_segment;
  if (header.layout_major != kLayoutMajor) return OpenOutcome::unknown_version;
  const Geometry copy{header.catalog_offset,    header.catalog_capacity, header.inflight_offset,
                      header.inflight_capacity, header.lanes_offset,     header.lane_count};
  const std::uint64_t size = segment.size();
  const auto fits = [size](std::uint64_t offset, std::uint64_t count, std::uint64_t each) {
    return offset % kCacheLine == 0 && offset >= sizeof(Header) && offset <= size &&
           count <= (size - offset) / each;
  };
  if (!fits(copy.catalog_offset, copy.catalog_capacity, sizeof(CatalogEntry)) ||
      !fits(copy.inflight_offset, copy.inflight_capacity, sizeof(InflightLine)) ||
      !fits(copy.lanes_offset, copy.lane_count, sizeof(Lane))) {
    return OpenOutcome::not_a_segment;
  }
  out = copy;
  return OpenOutcome::opened;
}

ProcessIdentity producer_of(const Header& header) {
  ProcessIdentity identity;
  identity.pid = header.producer_pid;
  identity.start_time = header.producer_start_time;
  std::memcpy(identity.boot_id.data(), header.boot_id, identity.boot_id.size());
  return identity;
}

}  // namespace goxel_telemetry::shm
