// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/replay.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "cli/facts.h"
#include "cli/interrupt.h"
#include "cli/replayed_segment.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "metrics/format.h"
#include "shm/clock.h"

namespace goxel_telemetry::cli {
namespace {

namespace recording = metrics::recording;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kBeatIntervalNs = 500 * kMillisecond;
// Records are due at their own times; they are published by the handful.
constexpr std::uint64_t kHandfulNs = 5 * kMillisecond;
// At most half of the ring in the longest time between two sweeps of a reader.
constexpr std::uint64_t kMostInAPeriod = ReplayedSegment::kSlots / 2;
constexpr std::uint64_t kPeriodNs = 100 * kMillisecond;

// When an entry happened; none for those that only prepare others.
std::optional<std::uint64_t> time_of(const recording::Entry& entry) {
  if (const auto* lane = std::get_if<recording::LaneRecord>(&entry)) {
    return lane->record.start_ticks + lane->record.duration_ticks;
  }
  if (const auto* moment = std::get_if<recording::Moment>(&entry)) return moment->monotonic_ns;
  if (const auto* ended = std::get_if<recording::RunEnded>(&entry)) return ended->last_sign_ns;
  return std::nullopt;
}

// A file that can be read twice.
class RecordedFile {
 public:
  explicit RecordedFile(const std::string& path) : path_(path), file_(path, std::ios::binary) {
    if (!file_) throw Failure(kExitNotThere, "cannot open " + path + ": " + std::strerror(errno));
  }
  recording::Reader read_from_the_start() {
    file_.clear();
    file_.seekg(0);
    return recording::Reader([this](std::span<std::uint8_t> out) {
      file_.read(reinterpret_cast<char*>(out.data()), std::ssize(out));
      return static_cast<std::size_t>(file_.gcount());
    });
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::ifstream file_;
};

// What there is to play.
struct Extent {
  std::uint64_t records = 0;
  std::uint64_t lost = 0;
  std::uint64_t runs = 0;
  std::uint64_t first_ns = UINT64_MAX;
  std::uint64_t last_ns = 0;
  recording::Outcome outcome = recording::Outcome::end;
};

Extent measure_out(recording::Reader reader) {
  Extent extent;
  recording::Entry entry;
  while ((extent.outcome = reader.next(entry)) == recording::Outcome::entry) {
    extent.runs += std::holds_alternative<recording::RunBegan>(entry);
    extent.records += std::holds_alternative<recording::LaneRecord>(entry);
    if (const auto* lost = std::get_if<recording::Lost>(&entry)) extent.lost += lost->records;
    if (const auto time = time_of(entry)) {
      extent.first_ns = std::min(extent.first_ns, *time);
      extent.last_ns = std::max(extent.last_ns, *time);
    }
  }
  return extent;
}

// Throws Failure if there is nothing to play; says what is missing.
void judge(const Extent& extent, const std::string& path) {
  const std::string whole = plural(extent.records, "record");
  switch (extent.outcome) {
    case recording::Outcome::foreign:
      throw Failure(kExitUsage, path + " is not a recording of goxel-telemetry");
    case recording::Outcome::unknown_version:
      throw Failure(kExitUsage, path + " was recorded by a newer version of goxel-telemetry");
    case recording::Outcome::cut:
      complain(path + " breaks off; it holds " + whole + " up to there");
      break;
    case recording::Outcome::damaged:
      complain(path + " is damaged; it holds " + whole + " before that");
      break;
    case recording::Outcome::end:
    case recording::Outcome::entry:
      break;
  }
  if (extent.runs == 0 || extent.first_ns > extent.last_ns) {
    throw Failure(kExitNotThere, path + " holds nothing that could be replayed");
  }
  if (extent.lost != 0) {
    complain(metrics::format_count(extent.lost) +
             " records are not in it: they were overwritten before they could be recorded");
  }
}

class Player {
 public:
  Player(std::string instance, const Timeline& timeline, bool fast, const Interrupt& interrupt)
      : instance_(std::move(instance)), timeline_(timeline), fast_(fast), interrupt_(interrupt) {}

  // False if it was interrupted.
  bool play(recording::Reader reader) {
    recording::Entry entry;
    while (reader.next(entry) == recording::Outcome::entry) {
      if (const auto time = time_of(entry); time && !fast_) {
        if (!wait_until(timeline_.at(*time))) return false;
      }
      if (std::holds_alternative<recording::LaneRecord>(entry) && !keep_pace()) return false;
      std::visit([this](const auto& value) { take(value); }, entry);
    }
    if (segment_ != nullptr) segment_->retire(shm::monotonic_ns());
    return true;
  }

 private:
  void take(const recording::RunBegan& run) {
    if (segment_ != nullptr) segment_->retire(shm::monotonic_ns());
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
    for (shm::InflightEntry& entry : moment.in_hand) {
      const std::uint64_t age_ns =
          recorded.monotonic_ns - std::min(entry.since_ticks, recorded.monotonic_ns);
      entry.since_ticks = moment.monotonic_ns - std::min(age_ns, moment.monotonic_ns);
    }
    segment_->show(moment);
  }
  void take(const recording::RunEnded&) {
    if (segment_ != nullptr) segment_->retire(shm::monotonic_ns());
  }
  void take(const recording::Lost&) {}
  void take(const recording::End&) {}

  bool wait_until(std::uint64_t due_ns) {
    for (;;) {
      const std::uint64_t now_ns = shm::monotonic_ns();
      if (segment_ != nullptr && now_ns - beat_ns_ >= kBeatIntervalNs) {
        segment_->beat(now_ns);
        beat_ns_ = now_ns;
      }
      if (now_ns >= due_ns) return true;
      const std::uint64_t wait_ns = std::clamp(due_ns - now_ns, kHandfulNs, kBeatIntervalNs);
      if (interrupt_.wait(static_cast<int>(wait_ns / kMillisecond))) return false;
    }
  }

  // Before each record: nobody who sweeps every 100 ms is lapped.
  bool keep_pace() {
    if (in_period_++ < kMostInAPeriod) return true;
    if (!wait_until(period_ns_ + kPeriodNs)) return false;
    period_ns_ = shm::monotonic_ns();
    in_period_ = 1;
    return true;
  }

  std::string instance_;
  Timeline timeline_;
  bool fast_;
  const Interrupt& interrupt_;
  std::unique_ptr<ReplayedSegment> segment_;
  std::uint64_t beat_ns_ = 0;
  std::uint64_t period_ns_ = shm::monotonic_ns();
  std::uint64_t in_period_ = 0;
};

std::string instance_for(const ReplayOptions& options) {
  return options.instance.empty() ? replay_instance_name(options.file)
                                  : choose_instance(options.instance);
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
  constexpr std::size_t kLongest = 63;
  std::string name = "replay-" + std::filesystem::path(file).stem().string();
  name.resize(std::min(name.size(), kLongest));
  for (char& c : name) {
    if (!shm::valid_instance_name(std::string("x") + c)) c = '-';
  }
  return name;
}

int run_replay(const ReplayOptions& options) {
  const std::string instance = instance_for(options);
  RecordedFile file(options.file);
  const Extent extent = measure_out(file.read_from_the_start());
  judge(extent, file.path());

  const Interrupt interrupt(Interrupt::Watch::signals);
  const std::uint64_t now_ns = shm::monotonic_ns();
  const Timeline timeline = {options.fast ? extent.last_ns : extent.first_ns, now_ns,
                             options.fast ? 1 : options.speed};
  const auto length_ns = static_cast<double>(extent.last_ns - extent.first_ns);
  complain("replaying " + plural(extent.records, "record") + " of " +
           metrics::format_duration(length_ns) + " as instance \"" + instance +
           (options.fast ? "\"" : "\"; Ctrl-C ends it"));
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
