// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/segment_size.h"

#include <sched.h>
#include <sys/statvfs.h>
#include <algorithm>

#include "plugin/recorder.h"

namespace goxel_telemetry::plugin {
namespace {

// Threads take the longest lane that is free. If k threads share the processors, each of them makes
// a k-th of the records; so lanes halve in length as they double in number, and any number of busy
// threads has about as long until a lane comes round. The stock daemon makes 10,000 records a second
// and processor: the first lane then holds 0.8 s, which is eight sweeps of a slow reader.
constexpr std::uint64_t kUsualSlots = 8192;  // of the longest lane
constexpr std::uint32_t kMostLongest = 4;    // lanes of this length

// No thread's own lane is shorter. It would be a tenth of a second of a busy thread.
constexpr std::uint64_t kLeastSlots = 1024;

void lay_out(ChosenSegment& segment, std::uint32_t longest, std::uint64_t slots) {
  auto& tiers = segment.options.tiers;
  tiers.clear();
  constexpr int kSteps = 4;
  std::uint32_t lanes = longest;
  std::uint64_t length = slots;
  for (int step = 1; step < kSteps && length > kLeastSlots; ++step, lanes *= 2, length /= 2) {
    tiers.push_back({lanes, length});
  }
  tiers.push_back({3 * lanes, length});
  // Shared lanes belong to a thread for the time of one record, the lowest first. So nearly all
  // records are in the first ones. A record is lost only if all of these lanes are taken, by threads
  // that were preempted in the middle of a publication.
  constexpr std::uint64_t kSeldomUsedSlots = 256;
  tiers.push_back({longest, slots});
  tiers.push_back({7 * longest, kSeldomUsedSlots});
  segment.shared_lanes = 8 * longest;
}

// What it takes if it has to be made a second time, in which it is larger.
std::uint64_t most_bytes(const ChosenSegment& segment) {
  shm::SegmentOptions options = segment.options;
  options.inflight_capacity += kEarlierRequests;
  return shm::segment_bytes(options);
}

// The largest that fits; if none does, the smallest.
void fit(ChosenSegment& segment, std::uint64_t bytes) {
  for (std::uint64_t slots = shm::kMaxLaneSlots; slots > kLeastSlots; slots /= 2) {
    const std::uint32_t most = slots >= kUsualSlots ? kMostLongest : 1;
    const std::uint32_t least = slots > kUsualSlots ? kMostLongest - 1 : 1;
    for (std::uint32_t longest = most; longest >= least; --longest) {
      lay_out(segment, longest, slots);
      if (most_bytes(segment) <= bytes) return;
    }
  }
}

std::uint64_t bytes_for(ChosenSegment& segment, const Machine& machine) {
  lay_out(segment, std::clamp(machine.processors, std::uint32_t{1}, kMostLongest), kUsualSlots);
  const std::uint64_t wanted = most_bytes(segment);
  return std::min({wanted, machine.shared_memory_bytes / 8, machine.free_bytes / 2});
}

}  // namespace

ChosenSegment choose_segment(const Settings& settings, const Machine& machine) {
  ChosenSegment segment;
  segment.options.instance = settings.instance;
  segment.options.mode = settings.segment_mode;
  segment.options.group = settings.segment_group;
  segment.options.inflight_capacity = kInflightLines;
  segment.options.operation_totals = Fold::kOperations;
  fit(segment, settings.segment_bytes != 0 ? settings.segment_bytes : bytes_for(segment, machine));
  return segment;
}

Machine this_machine() {
  Machine machine;
  cpu_set_t usable;
  // It fails on a machine with more processors than the set has room for.
  machine.processors = sched_getaffinity(0, sizeof usable, &usable) == 0
                           ? static_cast<std::uint32_t>(CPU_COUNT(&usable))
                           : CPU_SETSIZE;
  struct statvfs folder {};
  // Without a limit tmpfs says 0.
  if (statvfs("/dev/shm", &folder) == 0 && folder.f_blocks != 0) {
    machine.shared_memory_bytes = std::uint64_t{folder.f_blocks} * folder.f_frsize;
    machine.free_bytes = std::uint64_t{folder.f_bavail} * folder.f_frsize;
  }
  return machine;
}

}  // namespace goxel_telemetry::plugin
