// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/replay.h"

#include <algorithm>
#include <filesystem>

#include "cli/interrupt.h"
#include "cli/recording/recorded_file.h"
#include "cli/recording/replayed_segment.h"
#include "cli/screen/facts.h"
#include "cli/screen/terminal.h"
#include "cli/target.h"
#include "metrics/text/format.h"
#include "shm/clock.h"
#include "shm/segment.h"

namespace goxel_telemetry::cli {
namespace {

namespace recording = metrics::recording;

// Leaves room in the name for the suffix of the outer layers' segment.
constexpr std::size_t kLongestReplayName = 63 - shm::kLayersSuffix.size();
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kBeatIntervalNs = 500 * kMillisecond;
// Records are due at their own times; those due within this time are published together.
constexpr std::uint64_t kHandfulNs = 5 * kMillisecond;
// At most half of the ring is published in the longest time between two sweeps of a reader.
constexpr std::uint64_t kMostInAPeriod = ReplayedSegment::kSlots / 2;
constexpr std::uint64_t kPeriodNs = 100 * kMillisecond;

// Plays one of the recorded segments into a segment, which exists while there is a run.
class Part {
 public:
  Part(std::string instance, const Timeline& timeline)
      : instance_(std::move(instance)), timeline_(timeline) {}

  void take(const recording::RunBegan& run) {
    retire();
    segment_ =
        std::make_unique<ReplayedSegment>(instance_, run, timeline_.at(run.complete_since_ns));
  }
  void take(const recording::Name& name) {
    if (segment_ != nullptr) segment_->enter(name);
  }
  void take(const recording::LaneRecord& lane) {
    if (segment_ == nullptr) return;
    shm::Record record = lane.record;
    const std::uint64_t end_ns = timeline_.at(record.start_ticks + record.duration_ticks);
    record.start_ticks = end_ns - std::min<std::uint64_t>(record.duration_ticks, end_ns);
    segment_->publish(record);
  }
  void take(const recording::Moment& recorded) {
    if (segment_ == nullptr) return;
    recording::Moment moment = recorded;
    moment.monotonic_ns = timeline_.at(recorded.monotonic_ns);
    for (shm::InflightEntry& entry : moment.inflight) {
      const std::uint64_t age_ns =
          recorded.monotonic_ns - std::min(entry.since_ticks, recorded.monotonic_ns);
      entry.since_ticks = moment.monotonic_ns - std::min(age_ns, moment.monotonic_ns);
    }
    segment_->show(moment);
  }
  void take(const recording::RunEnded&) { retire(); }
  void take(const recording::Lost&) {}
  void take(const recording::End&) {}

  void beat(std::uint64_t now_ns) {
    if (segment_ != nullptr) segment_->beat(now_ns);
  }
  void retire() {
    if (segment_ != nullptr) segment_->retire(shm::monotonic_ns());
  }

 private:
  std::string instance_;
  Timeline timeline_;
  std::unique_ptr<ReplayedSegment> segment_;
};

class Player {
 public:
  Player(const std::string& instance, const Timeline& timeline, bool fast,
         const Interrupt& interrupt)
      : timeline_(timeline),
        fast_(fast),
        interrupt_(interrupt),
        daemon_(instance, timeline),
        outer_(shm::layers_instance(instance), timeline) {}

  // Returns false if it was interrupted.
  bool play(recording::Reader reader) {
    recording::Entry entry;
    while (reader.next(entry) == recording::Outcome::entry) {
      if (is_slow(entry) && interrupt_.wait(0)) return false;
      if (const auto time = time_of(entry); time && !fast_) {
        if (!wait_until(timeline_.at(*time))) return false;
      }
      if (std::holds_alternative<recording::LaneRecord>(entry) && !keep_pace()) return false;
      Part& part = reader.segment() == recording::Segment::daemon ? daemon_ : outer_;
      std::visit([&part](const auto& value) { part.take(value); }, entry);
    }
    outer_.retire();
    daemon_.retire();
    return true;
  }

 private:
  bool wait_until(std::uint64_t due_ns) {
    for (;;) {
      const std::uint64_t now_ns = shm::monotonic_ns();
      if (now_ns - beat_ns_ >= kBeatIntervalNs) {
        outer_.beat(now_ns);
        daemon_.beat(now_ns);
        beat_ns_ = now_ns;
      }
      if (now_ns >= due_ns) return true;
      const std::uint64_t wait_ns = std::clamp(due_ns - now_ns, kHandfulNs, kBeatIntervalNs);
      if (interrupt_.wait(static_cast<int>(wait_ns / kMillisecond))) return false;
    }
  }

  // Entries that cost far more than a record: of them alone, a file can hold hours.
  static bool is_slow(const recording::Entry& entry) {
    return std::holds_alternative<recording::RunBegan>(entry) ||
           std::holds_alternative<recording::Moment>(entry);
  }

  // Called before each record, so that a reader that sweeps every 100 ms is not lapped.
  bool keep_pace() {
    if (in_period_++ < kMostInAPeriod) return true;
    if (!wait_until(period_ns_ + kPeriodNs)) return false;
    period_ns_ = shm::monotonic_ns();
    in_period_ = 1;
    return true;
  }

  Timeline timeline_;
  bool fast_;
  const Interrupt& interrupt_;
  Part daemon_;
  Part outer_;
  std::uint64_t beat_ns_ = 0;
  std::uint64_t period_ns_ = shm::monotonic_ns();
  std::uint64_t in_period_ = 0;
};

std::string instance_for(const ReplayOptions& options) {
  if (options.instance.empty()) return replay_instance_name(options.file);
  if (shm::valid_instance_name(options.instance)) return options.instance;
  throw Failure(kExitUsage,
                "--instance: a name has at most 63 letters, digits, '-', '_' and '.', and does not "
                "begin with a '.'");
}

// Throws Failure unless the outer layers of this instance get a name that readers look for.
void check_layers_name(const std::string& instance) {
  const bool is_daemons = shm::daemon_instance(instance) == instance;
  if (is_daemons && shm::valid_instance_name(shm::layers_instance(instance))) return;
  throw Failure(kExitUsage, "outer layers were recorded, too: --instance must have at most " +
                                std::to_string(kLongestReplayName) + " bytes and not end in \"" +
                                std::string(shm::kLayersSuffix) + '"');
}

int milliseconds(double seconds) {
  return seconds < 0 ? -1 : static_cast<int>(std::min(seconds * 1e3, 2e9));
}

}  // namespace

std::uint64_t Timeline::at(std::uint64_t recorded) const {
  constexpr double kCenturiesNs = 4e18;
  const bool later = recorded >= recorded_ns;
  const auto between = static_cast<double>(later ? recorded - recorded_ns : recorded_ns - recorded);
  const auto distance = static_cast<std::uint64_t>(std::min(between / speed, kCenturiesNs));
  if (later) return replayed_ns + distance;
  return replayed_ns - std::min(distance, replayed_ns);
}

std::string replay_instance_name(const std::string& file) {
  std::string name = "replay-" + std::filesystem::path(file).stem().string();
  name.resize(std::min(name.size(), kLongestReplayName));
  for (char& c : name) {
    if (!shm::valid_instance_name(std::string("x") + c)) c = '-';
  }
  return name;
}

int run_replay(const ReplayOptions& options) {
  const std::string instance = instance_for(options);
  RecordedFile file(options.file);
  const Extent extent = measure_out(file);
  if (extent.outer_layers) check_layers_name(instance);

  const Interrupt interrupt(Interrupt::Watch::signals);
  const std::uint64_t now_ns = shm::monotonic_ns();
  const Timeline timeline = {options.fast ? extent.last_ns : extent.first_ns, now_ns,
                             options.fast ? 1 : options.speed};
  const auto length_ns = static_cast<double>(extent.last_ns - extent.first_ns);
  complain("replaying " + plural(extent.records, "record") + " of " +
           metrics::format_duration(length_ns) + " as instance \"" + instance +
           (extent.outer_layers ? "\" with its outer layers" : "\"") +
           (options.fast ? "" : "; Ctrl-C ends it"));
  Player player(instance, timeline, options.fast, interrupt);
  if (!player.play(file.read_from_the_start())) return 0;
  complain("all is replayed; instance \"" + instance + "\" stays " +
           (options.linger_seconds < 0
                ? "until Ctrl-C"
                : "for " + metrics::format_duration(options.linger_seconds * 1e9)));
  interrupt.wait(milliseconds(options.linger_seconds));
  return 0;
}

}  // namespace goxel_telemetry::cli
