// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/sides/recorded_session.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "metrics/live/ingest.h"
#include "metrics/rollups/rollup_buffer.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

using recording::Segment;

// Rollups are taken so often, and so early, that they stay rollups of one second: see
// metrics/rollups/rollup_buffer.h.
constexpr std::uint64_t kTakeSeconds = 5;
constexpr std::size_t kMostRollups = RollupBuffer::kMost / 2;
// Far more combinations of ids than a correct producer makes.
constexpr std::size_t kMostResolved = 4096;

// The recorded machine's two clocks, read at the same moment.
struct Clocks {
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;

  std::uint64_t realtime(std::uint64_t monotonic) const {
    if (monotonic <= monotonic_ns) {
      return realtime_ns - std::min(realtime_ns, monotonic_ns - monotonic);
    }
    return realtime_ns + std::min(UINT64_MAX - realtime_ns, monotonic - monotonic_ns);
  }
};

// Where a whole recording lies in time.
struct Frame {
  Clocks clocks;               // at its beginning
  std::uint64_t begin_ns = 0;  // CLOCK_REALTIME, like the next
  std::uint64_t end_ns = 0;
};

// The time in which the daemon was watched; empty if it was not.
std::optional<Frame> frame_of(recording::Reader reader) {
  std::optional<recording::RunBegan> began;
  std::optional<Clocks> first;
  Clocks clocks;
  std::uint64_t last_ns = 0;
  recording::Entry entry;
  while (reader.next(entry) == recording::Outcome::entry) {
    if (const auto* moment = std::get_if<recording::Moment>(&entry)) {
      clocks = {moment->monotonic_ns, moment->realtime_ns};
      if (!first) first = clocks;
    }
    if (reader.segment() != Segment::daemon) continue;
    if (const auto* run = std::get_if<recording::RunBegan>(&entry); run != nullptr && !began) {
      began = *run;
    } else if (const auto* lane = std::get_if<recording::LaneRecord>(&entry)) {
      last_ns = std::max(last_ns, measure(lane->record, {}, UINT64_MAX).end_ns);
    } else if (const auto* at = std::get_if<recording::Moment>(&entry)) {
      last_ns = std::max(last_ns, at->monotonic_ns);
    }
  }
  if (!began) return std::nullopt;
  const Clocks made{began->created_monotonic_ns, began->created_realtime_ns};
  Frame frame{first.value_or(made), 0, 0};
  frame.begin_ns = frame.clocks.realtime(began->complete_since_ns);
  frame.end_ns = (first ? clocks : made).realtime(last_ns);
  if (frame.begin_ns >= frame.end_ns) return std::nullopt;
  return frame;
}

// Makes rollups from one segment's records.
class Counter {
 public:
  explicit Counter(RollupBuffer& rollups) : rollups_(rollups) {}

  void begin_run() {
    names_.clear();
    known_.clear();
  }
  void enter(const recording::Name& name) {
    names_[name.id] = name;
    known_.clear();
  }
  void count(const shm::Record& record, const Clocks& clocks) {
    const Measurement measurement = measure(record, {}, UINT64_MAX);
    const std::uint64_t second = clocks.realtime(measurement.end_ns) / kNsPerSecond;
    Known& known = resolve(record);
    if (known.second != second || known.generation != rollups_.generation()) {
      known.tally = rollups_.find(known.key, second);
      known.second = second;
      known.generation = rollups_.generation();
    }
    if (known.tally != nullptr) known.tally->add(measurement);
  }

 private:
  struct Known {
    OperationKey key;
    Tally* tally = nullptr;
    std::uint64_t second = 0;
    std::uint64_t generation = 0;
  };

  Known& resolve(const shm::Record& record) {
    const std::uint64_t ids = std::uint64_t{record.operation} << 24 |
                              std::uint64_t{record.layer} << 16 | std::uint64_t{record.stack} << 8 |
                              std::uint64_t{record.protocol};
    if (const auto found = known_.find(ids); found != known_.end()) return found->second;
    if (known_.size() == kMostResolved) known_.clear();
    const auto name_of = [this](std::uint32_t id, shm::NameKind* kind) {
      const auto name = names_.find(id);
      *kind = name == names_.end() ? shm::NameKind::none : name->second.kind;
      return name == names_.end() ? std::string() : name->second.text;
    };
    Known& known = known_[ids];
    known.key =
        operation_key(name_of, record.stack, record.protocol, record.layer, record.operation);
    return known;
  }

  RollupBuffer& rollups_;
  std::map<std::uint32_t, recording::Name> names_;
  std::unordered_map<std::uint64_t, Known> known_;
};

}  // namespace

Observation observe_recording(const std::function<recording::Reader()>& open) {
  const std::optional<Frame> frame = frame_of(open());
  if (!frame) return {};
  ObservationBuilder builder(frame->begin_ns / kNsPerSecond, frame->end_ns / kNsPerSecond + 1);
  builder.observed(frame->begin_ns, frame->end_ns);

  RollupBuffer rollups;
  const auto hand_over = [&] {
    for (const Rollup& rollup : rollups.take()) builder.add(rollup);
  };
  std::array<Counter, recording::kSegments> counters = {Counter(rollups), Counter(rollups)};
  Clocks clocks = frame->clocks;
  std::uint64_t taken_second = 0;
  recording::Reader reader = open();
  recording::Entry entry;
  while (reader.next(entry) == recording::Outcome::entry) {
    Counter& counter = counters[static_cast<std::size_t>(reader.segment())];
    if (const auto* lane = std::get_if<recording::LaneRecord>(&entry)) {
      if (rollups.size() >= kMostRollups) hand_over();
      counter.count(lane->record, clocks);
    } else if (const auto* name = std::get_if<recording::Name>(&entry)) {
      counter.enter(*name);
    } else if (std::holds_alternative<recording::RunBegan>(entry)) {
      counter.begin_run();
    } else if (const auto* moment = std::get_if<recording::Moment>(&entry)) {
      clocks = {moment->monotonic_ns, moment->realtime_ns};
      const std::uint64_t second = clocks.realtime_ns / kNsPerSecond;
      if (second >= taken_second && second - taken_second < kTakeSeconds) continue;
      taken_second = second;
      hand_over();
    }
  }
  hand_over();
  return std::move(builder).finish();
}

}  // namespace goxel_telemetry::metrics
