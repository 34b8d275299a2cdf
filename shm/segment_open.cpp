// SPDX-License-Identifier: GPL-3.0-or-later
// The reader's side: finds segments, maps them, and checks their layout.
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <boost/interprocess/mapped_region.hpp>

#include "shm/bus_guard.h"
#include "shm/find_group.h"
#include "shm/life_lock.h"
#include "shm/named_object.h"
#include "shm/segment.h"
#include "shm/segment_pages.h"

namespace goxel_telemetry::shm {
namespace {

namespace ipc = boost::interprocess;

class ReaderMapping final : public Mapping {
 public:
  ReaderMapping(ipc::mapped_region region, Descriptor object, const Provenance& provenance)
      : region_(std::move(region)),
        guard_(region_.get_address(), region_.get_size()),
        object_(std::move(object)),
        provenance_(provenance) {}
  Provenance provenance() const override { return provenance_; }
  std::span<std::byte> bytes() const override {
    return {static_cast<std::byte*>(region_.get_address()), region_.get_size()};
  }
  bool is_whole() const override {
    struct stat status {};
    return fstat(object_.get(), &status) == 0 && has_all_its_pages(status) &&
           static_cast<std::uint64_t>(status.st_size) >= region_.get_size();
  }
  bool is_life_locked() const override { return shm::is_life_locked(object_.get()); }

 private:
  ipc::mapped_region region_;
  BusGuard guard_;
  Descriptor object_;
  Provenance provenance_;
};

// An open object in the form that Boost.Interprocess needs for mapping.
struct Mappable {
  int fd;
  ipc::mapping_handle_t get_mapping_handle() const { return {fd, false}; }
};

}  // namespace

namespace {

// For the operator of a reader that was refused.
std::string who_may_read(const std::string& instance) {
  struct stat status {};
  if (stat(("/dev/shm" + object_name(instance)).c_str(), &status) != 0) return {};
  // Nobody should join root's group.
  if ((status.st_mode & S_IRGRP) != 0 && status.st_gid != 0) {
    return "; join the group \"" + group_name(status.st_gid) + "\", which may read it";
  }
  return "; only " + user_name(status.st_uid) +
         " may read it: set segment_mode and segment_group in the daemon's config";
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether it is a segment of a producer that lives, as far as this user can see.
bool is_living(const std::string& name) {
  if (open_segment(name).outcome != OpenOutcome::opened) return false;
  const Descriptor object = open_object(name);
  const std::optional<Owner> owner = object ? owner_of(object.get()) : std::nullopt;
  return owner && !owner->retired && liveness(object.get(), *owner) != Liveness::dead;
}

}  // namespace

bool valid_instance_name(std::string_view instance) {
  if (instance.empty() || instance.size() > 63 || instance.front() == '.') return false;
  return std::all_of(instance.begin(), instance.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

bool valid_segment_name(std::string_view name) {
  const std::size_t at = name.find('@');
  if (!valid_instance_name(name.substr(0, at))) return false;
  if (at == std::string_view::npos) return true;
  const std::string_view owner = name.substr(at + 1);
  constexpr std::size_t kMostBytes = 32;
  return !owner.empty() && owner.size() <= kMostBytes && is_digit(owner.front()) &&
         std::all_of(owner.begin(), owner.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == '-'; });
}

std::string segment_name_of(const std::string& instance) {
  if (instance.find('@') != std::string::npos) return instance;
  std::string best = instance;
  int best_rank = 0;
  for (const std::string& name : list_instances()) {
    const bool plain = name == instance;
    if (!plain && !name.starts_with(instance + '@')) continue;
    struct stat status {};
    if (stat(("/dev/shm" + object_name(name)).c_str(), &status) != 0) continue;
    // The number behind the '@' says whose it is; the object must be theirs.
    const bool theirs =
        plain || std::strtoul(name.c_str() + instance.size() + 1, nullptr, 10) == status.st_uid;
    if (!theirs || !is_trusted(status.st_uid)) continue;
    constexpr int kLiving = 8;
    const int rank = (status.st_uid == geteuid() ? 4
                      : status.st_uid == 0       ? 3
                      : plain                    ? 2
                                                 : 1) +
                     (is_living(name) ? kLiving : 0);
    if (rank <= best_rank) continue;
    best_rank = rank;
    best = name;
  }
  return best;
}

std::string layers_instance(std::string_view daemon_instance) {
  return std::string(daemon_instance.substr(0, daemon_instance.find('@'))).append(kLayersSuffix);
}

std::string_view daemon_instance(std::string_view instance) {
  const std::string_view named = instance.substr(0, instance.find('@'));
  if (named.ends_with(kLayersSuffix)) instance = named;
  if (instance.size() > kLayersSuffix.size() && instance.ends_with(kLayersSuffix)) {
    instance.remove_suffix(kLayersSuffix.size());
  }
  return instance;
}

Opened open_segment(const std::string& instance) {
  const auto failed = [](OpenOutcome outcome, std::string message) {
    return Opened{outcome, std::move(message), nullptr};
  };
  const std::string quoted = "\"" + instance + "\"";
  if (!valid_segment_name(instance)) {
    return failed(OpenOutcome::absent, quoted + " is no valid instance name");
  }
  Descriptor object = open_object(instance);
  if (!object) {
    const int error = errno;
    if (error == ENOENT) {
      return failed(OpenOutcome::absent, "there is no segment of instance " + quoted);
    }
    if (error == kNoSharedMemory) {
      return failed(OpenOutcome::not_a_segment,
                    "what is at /dev/shm" + object_name(instance) + " is no shared memory");
    }
    const bool denied = error == EACCES || error == EPERM;
    return failed(denied ? OpenOutcome::not_permitted : OpenOutcome::failed,
                  "the segment of instance " + quoted + " cannot be opened: " +
                      std::strerror(error) + (denied ? who_may_read(instance) : ""));
  }
  struct stat status {};
  if (fstat(object.get(), &status) != 0 || status.st_size < off_t{sizeof(Header)}) {
    return failed(OpenOutcome::not_ready, "the segment of instance " + quoted +
                                              " is being made, or its making was cut short");
  }
  if (!is_trusted(status.st_uid)) {
    return failed(OpenOutcome::not_trusted, "the segment of instance " + quoted + " belongs to " +
                                                user_name(status.st_uid) +
                                                ", who is not one of those to trust (--trust)");
  }
  Provenance provenance{true, status.st_uid, status.st_gid, false};
  if (const std::optional<Owner> owner = owner_of(object.get())) {
    const Claim claim = claim_of(status.st_uid, owner->process);
    if (claim == Claim::false_claim) {
      return failed(OpenOutcome::not_trusted, "the segment of instance " + quoted + " belongs to " +
                                                  user_name(status.st_uid) + ", as whom process " +
                                                  std::to_string(owner->process.pid) +
                                                  ", which it names, does not run");
    }
    provenance.verified = claim == Claim::true_claim;
  }
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  try {
    std::unique_ptr<Mapping> mapping;
    Geometry geometry;
    OpenOutcome outcome = OpenOutcome::not_a_segment;
    if (bytes <= kMaxSegmentBytes && has_all_its_pages(status)) {
      ipc::mapped_region region(Mappable{object.get()}, ipc::read_only, 0, bytes);
      mapping = std::make_unique<ReaderMapping>(std::move(region), std::move(object), provenance);
      outcome = check_layout(mapping->bytes(), geometry);
    }
    switch (outcome) {
      case OpenOutcome::opened:
        return {outcome, "", std::move(mapping)};
      case OpenOutcome::not_ready:
        return failed(outcome, "the segment of instance " + quoted +
                                   " is being made, or its making was cut short");
      case OpenOutcome::unknown_version:
        return failed(outcome, "the segment of instance " + quoted +
                                   " was made by another version of goxel-telemetry");
      default:
        return failed(outcome, "the shared memory of instance " + quoted +
                                   " is not a whole telemetry segment");
    }
  } catch (const std::exception& error) {
    return failed(OpenOutcome::failed,
                  "the segment of instance " + quoted + " cannot be mapped: " + error.what());
  }
}

bool segment_was_replaced(const std::string& instance, std::uint64_t run_id) {
  const Descriptor object = open_object(instance);
  const std::optional<Owner> owner = object ? owner_of(object.get()) : std::nullopt;
  return !owner || owner->run_id != run_id;
}

OpenOutcome check_layout(std::span<const std::byte> segment, Geometry& out) {
  if (segment.size() < sizeof(Header)) return OpenOutcome::not_a_segment;
  const ReaderView unchecked(segment, {});
  const Header& header = unchecked.header();
  const std::uint64_t magic = header.magic.load(std::memory_order_acquire);  // pairs with lay_out()
  if (magic == 0) return OpenOutcome::not_ready;
  if (magic != kMagic) return OpenOutcome::not_a_segment;
  if (header.layout_major != kLayoutMajor) return OpenOutcome::unknown_version;
  const Geometry copy = geometry_of(header);
  const std::uint64_t size = segment.size();
  const auto fits = [size](std::uint64_t offset, std::uint64_t count, std::uint64_t each) {
    return offset % kCacheLine == 0 && offset >= sizeof(Header) && offset <= size &&
           count <= (size - offset) / each;
  };
  if (copy.lane_count > kMaxLanes || copy.catalog_capacity > kMaxNames ||
      !fits(copy.catalog_offset, copy.catalog_capacity, sizeof(CatalogEntry)) ||
      copy.inflight_capacity > kMaxInflight ||
      !fits(copy.inflight_offset, copy.inflight_capacity, sizeof(InflightLine)) ||
      !fits(copy.lanes_offset, copy.lane_count, sizeof(Lane))) {
    return OpenOutcome::not_a_segment;
  }
  if (copy.collection_points_capacity != 0 &&
      (copy.collection_points_capacity > kMaxCollectionPoints ||
       !fits(copy.collection_points_offset, copy.collection_points_capacity,
             sizeof(CollectionPointLine)))) {
    return OpenOutcome::not_a_segment;
  }
  if (copy.totals_capacity != 0 &&
      (copy.totals_capacity > kMaxOperationTotals ||
       !fits(copy.totals_offset, kTotalsCopies,
             totals_copy_bytes(copy.lane_count, copy.totals_capacity)))) {
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
