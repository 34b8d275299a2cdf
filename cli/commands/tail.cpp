// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/tail.h"

#include <algorithm>
#include <vector>

#include "cli/interrupt.h"
#include "cli/screen/json.h"
#include "cli/screen/record_line.h"
#include "cli/screen/terminal.h"
#include "cli/target.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

constexpr int kSweepMilliseconds = 50;
// So that keys and signals are heard, whatever is in the segment.
constexpr std::uint64_t kSweepBudgetNs = 200'000'000;

// Writes to standard error what a person cannot see from the records.
class Narrator {
 public:
  explicit Narrator(const metrics::Snapshot& first) : last_(first) {
    if (last_.daemon.state != shm::ProducerState::live) say_gone(last_);
  }

  void follow(metrics::Snapshot snapshot) {
    if (snapshot.ring.lost > last_.ring.lost) {
      complain(metrics::format_count(snapshot.ring.lost - last_.ring.lost) +
               " records were overwritten before they could be read");
    }
    const bool live = snapshot.daemon.state == shm::ProducerState::live;
    if (snapshot.daemon.runs_seen != last_.daemon.runs_seen) {
      complain("a new run of instance \"" + snapshot.instance + "\" began, process " +
               std::to_string(snapshot.process.pid));
    }
    const bool changed = snapshot.daemon.state != last_.daemon.state ||
                         snapshot.daemon.run_id != last_.daemon.run_id;
    if (changed && !live) say_gone(snapshot);
    last_ = std::move(snapshot);
  }

 private:
  static void say_gone(const metrics::Snapshot& snapshot) {
    complain(snapshot.daemon.message + "; waiting for its next run");
  }

  metrics::Snapshot last_;
};

// The records of one sweep as text: ordered, filtered, at most `left` of them.
std::string take_text(std::vector<metrics::NamedRecord>& batch, const TailOptions& options,
                      const Style& style, std::uint64_t& left) {
  std::stable_sort(batch.begin(), batch.end(), metrics::happened_before);
  std::string text;
  for (const metrics::NamedRecord& record : batch) {
    if (!options.operation.empty() && record.operation != options.operation) continue;
    if (left == 0) break;
    text += options.json ? record_json(record) : record_line(record, style);
    --left;
  }
  batch.clear();
  return text;
}

}  // namespace

int run_tail(const TailOptions& options) {
  const Interrupt interrupt(Interrupt::Watch::signals_and_output);
  std::vector<metrics::NamedRecord> batch;
  metrics::Follower follower(choose_instance(options.instance));
  follower.on_record([&batch](const metrics::NamedRecord& r) { batch.push_back(r); });
  Narrator narrator(first_look(follower));
  if (!options.backlog) batch.clear();

  std::uint64_t left = options.count;
  for (;;) {
    switch (write_output(take_text(batch, options, output_style(), left))) {
      case WriteOutcome::written:
        break;
      case WriteOutcome::closed:
        return 0;
      case WriteOutcome::failed:
        return kExitNotThere;
    }
    if (left == 0 || interrupt.wait(kSweepMilliseconds)) return 0;
    const auto now = metrics::Time::now();
    follower.sweep(now, kSweepBudgetNs);
    narrator.follow(follower.snapshot(now));
  }
}

}  // namespace goxel_telemetry::cli
