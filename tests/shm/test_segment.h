// SPDX-License-Identifier: GPL-3.0-or-later
// Small segments: real ones under a name of their own, and copies in plain memory that may be
// damaged at will.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "shm/producer.h"
#include "shm/segment.h"

namespace goxel_telemetry::shm {

// An instance name that no other test uses. The destructor removes the object with this name, if
// there is one.
class TestInstance {
 public:
  TestInstance()
      : name_("shm-test-" + std::to_string(getpid()) + "-" + std::to_string(next_number())),
        owner_(getpid()) {}
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;
  ~TestInstance() {
    if (getpid() == owner_) shm_unlink(object().c_str());
  }
  const std::string& name() const { return name_; }
  std::string object() const { return "/goxel-telemetry." + name_; }
  std::string path() const { return "/dev/shm" + object(); }

 private:
  static int next_number() {
    static std::atomic<int> number{0};
    return number++;
  }
  std::string name_;
  pid_t owner_;
};

inline SegmentOptions small_options(const std::string& instance) {
  SegmentOptions options;
  options.instance = instance;
  options.host_name = "test-host";
  options.host_version = "1.2.3";
  options.catalog_capacity = 16;
  options.inflight_capacity = 4;
  options.collection_points = 3;
  options.operation_totals = 4;
  options.tiers = {{2, 16}, {2, 4}};
  return options;
}

// The parts of a segment, for its producer.
class Parts : public ProducerView {
 public:
  using ProducerView::ProducerView;
  using ProducerView::slots;
  std::span<Slot> slots(std::uint32_t lane_index) const { return slots(lane(lane_index)); }
  Producer producer(std::uint32_t lane_index) const { return {*this, lane_index}; }
};

// A mapping of plain memory, without a shared-memory object.
class MemoryMapping final : public Mapping {
 public:
  explicit MemoryMapping(std::span<const std::byte> content)
      : size_(content.size()),
        bytes_(static_cast<std::byte*>(
            ::operator new (std::max<std::size_t>(size_, 1), std::align_val_t{kCacheLine}))) {
    std::memcpy(bytes_, content.data(), size_);
  }
  ~MemoryMapping() override { ::operator delete (bytes_, std::align_val_t{kCacheLine}); }
  std::span<std::byte> bytes() const override { return {bytes_, size_}; }

 private:
  std::size_t size_;
  std::byte* bytes_;
};

// A copy of the bytes that create_segment() makes from these options.
inline std::vector<std::byte> bytes_of_new_segment(SegmentOptions options = small_options("")) {
  const TestInstance instance;
  options.instance = instance.name();
  const Created created = create_segment(options);
  if (created.outcome != CreateOutcome::created) throw std::runtime_error(created.message);
  const std::span<std::byte> bytes = created.mapping->bytes();
  ProducerView(bytes).header().life_locked = 0;  // a copy in memory has no lock
  return {bytes.begin(), bytes.end()};
}

}  // namespace goxel_telemetry::shm
