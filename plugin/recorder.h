// SPDX-License-Identifier: GPL-3.0-or-later
// Owns the segment, its lanes and its in-flight table. Both doors record through it.
//
// Threads: everything marked hot may be called from any thread at once. It takes no lock, does not
// allocate and makes no system call. A thread gets a lane of its own with its first record and
// gives it back when it ends. A thread for which no lane is free uses, for each record, one of a
// few shared lanes, which belong to a thread only for the time of one record.
//
// If somebody removes the segment while the host runs, the recorder goes over to a new one, as if
// the host had begun a new run: readers do not read twice what they have read. Threads go over with
// their next record; until all have, a second later, readers cannot see the new one. A request
// stays in the table in which it began.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "plugin/fold.h"
#include "plugin/operation_names.h"
#include "plugin/segment_size.h"
#include "plugin/settings.h"
#include "plugin/thread_state.h"
#include "shm/catalog.h"
#include "shm/clock.h"
#include "shm/inflight.h"
#include "shm/place_map.h"
#include "shm/producer.h"
#include "shm/segment.h"

namespace goxel_telemetry::plugin {

// Requests that can be in flight at once; a further request ends the oldest one of its connection.
inline constexpr std::uint32_t kInflightLines = 8192;

// Requests in flight when the segment was removed, that are shown in the next one, behind all other
// lines.
inline constexpr std::uint32_t kEarlierRequests = 256;

// Begins with what each request touches: on one page, whose other lines are the names of the
// operations that every daemon has.
class alignas(4096) Recorder {
 public:
  struct Host {
    std::string name;
    std::string version;
    std::uint32_t workers_configured = 0;
  };

  // Null, with a sentence for the operator in `why`, if the segment cannot be made. [any thread,
  // not hot]
  static std::unique_ptr<Recorder> create(const Settings& settings, const Host& host,
                                          shm::Door door, std::string& why);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder();

  // The segment's clock. [hot]
  std::uint64_t now() const noexcept { return shm::read_ticks(clock_source_); }

  shm::ClockSource clock_source() const noexcept { return clock_source_; }

  // A time in nanoseconds as ticks. [hot]
  std::uint64_t ticks_of_ns(std::uint64_t ns) const noexcept {
    return static_cast<std::uint64_t>(static_cast<double>(ns) * ticks_per_ns_);
  }

  // Publishes a finished request and counts it. The record is packed into words in the calling
  // function, where its fields are still in registers: see Record::words(). [hot]
  void publish(const shm::Record& record) noexcept { publish(record.words()); }
  void publish(const shm::Words& record) noexcept;

  // The catalog's number of a method or tool. [hot]
  std::uint16_t operation(std::string_view name) noexcept {
    const std::uint16_t known = names_.find(name).id;
    if (known != OperationNames::kUnknown) [[likely]]
      return known;
    return new_operation(name);
  }
  // The same if the name is one of those that are found fast. [hot]
  OperationNames::Found known_operation(std::string_view name) const noexcept {
    return names_.find(name);
  }
  // The catalog's number of a stack that a caller names. Stacks whose number does not fit a
  // record's 8 bits count as names::kOther.
  std::uint8_t stack(std::string_view name) noexcept;

  // A line of the in-flight table, index below kInflightLines. The thread that claimed it owns it,
  // and calls begin_line() before line() for each request. [hot]
  void begin_line(std::uint32_t index) noexcept {
    lines_[index].store(inflight_.load(std::memory_order_acquire) + index,
                        std::memory_order_relaxed);
  }
  shm::InflightLine& line(std::uint32_t index) noexcept {
    return *lines_[index].load(std::memory_order_relaxed);
  }

  // Where the lines begin in the newest home. [hot]
  shm::InflightLine* newest_lines() const noexcept {
    return inflight_.load(std::memory_order_acquire);
  }

  shm::Gauges& gauges() noexcept { return header_.load(std::memory_order_acquire)->gauges; }

  // In a forked child: private memory takes the segments' place, so that the child has no part in them
  // and a stray access does no harm.
  void leave_segment() const noexcept;

  std::uint64_t unanswered_after_ticks() const noexcept { return unanswered_after_ticks_; }
  // How long what was held back for an answer's newline waits for it.
  std::uint64_t newline_within_ticks() const noexcept { return newline_within_ticks_; }

  // What a timed call of the host took of our time, in ticks: before the answer has left, and after it.
  // `bytes`: how many the call transferred. [not hot]
  void add_own_cost(std::uint64_t waited, std::uint64_t after, std::size_t bytes) noexcept;

  // The number of the calling thread's lane, for Record::worker; kNoWorker if it has none. [hot]
  std::uint16_t worker() noexcept {
    const ThreadState& thread = thread_state;
    if (thread.epoch != epoch_.load(std::memory_order_relaxed)) [[unlikely]]
      return first_worker();
    return thread.shared ? shm::kNoWorker : static_cast<std::uint16_t>(thread.lane);
  }

  // Gives a sign of life and a fresh calibration, and sees to it that there is a segment. [one
  // thread at a time, about once a second]
  void beat() noexcept;
  // Counts what was published, off the path of requests: see Fold::run(). [the thread of beat(), at
  // least ten times a second]
  bool fold() noexcept;
  // Marks the segment as retired: no record follows. The segment stays and can be read.
  void retire() noexcept;
  // Retires a segment that was never in use, and removes it.
  void withdraw() noexcept;

 private:
  struct Home;

  Recorder(std::unique_ptr<Home> home, ChosenSegment chosen, const Settings& settings,
           std::atomic<shm::InflightLine*>* lines);

  std::uint16_t new_operation(std::string_view name) noexcept;
  // Enters names of the catalog into names_. One thread at a time, like beat().
  void learn_names() noexcept;
  std::uint16_t first_worker() noexcept;
  bool claim_lane() noexcept;
  void publish_without_lane(const shm::Words& record) noexcept;
  void publish_shared(const shm::Words& record) noexcept;
  template <class Use>
  bool with_shared_lane(Use&& use) noexcept;
  static void give_lane_back(void* thread_state) noexcept;
  // One thread at a time, like beat().
  void show_sign_of_life() noexcept;
  int left_lately() const noexcept;
  void keep_segment() noexcept;
  void show_own_memory() noexcept;
  bool move_out();
  void move_in() noexcept;
  void show_earlier_requests() noexcept;
  void enter(Home& home) noexcept;

  shm::ClockSource clock_source_;
  bool earlier_requests_ = false;  // some may be in flight in an earlier home
  // Different for each home of each recorder of this process and its parents: says whether a
  // thread's lane is in the newest home of this recorder.
  std::atomic<std::uint64_t> epoch_;
  // Of the newest home, for hot functions; their loads pair with enter(). Likewise home_ and header_.
  std::atomic<shm::InflightLine*> inflight_;
  // Where each line is: in the newest home when its request began. In pages that are not touched
  // before they are used.
  std::atomic<shm::InflightLine*>* const lines_;
  double ticks_per_ns_ = 1;
  std::uint64_t unanswered_after_ticks_ = 0;
  std::uint64_t newline_within_ticks_ = 0;
  alignas(64) OperationNames names_;

  std::atomic<shm::Header*> header_;
  std::atomic<Home*> home_;
  // The homes of this recorder, the newest first. They stay: a thread may be in any of them.
  std::unique_ptr<Home> homes_;
  const ChosenSegment chosen_;
  const shm::ObjectId folder_;
  shm::CatalogWriter catalog_;
  std::size_t names_learnt_ = 0;  // of the catalog
  shm::Calibrator calibrator_;
  std::uint64_t beats_ = 0;
  std::string last_complaint_;
  Fold fold_;
  bool gave_up_ = false;  // the segment is not made again
};

}  // namespace goxel_telemetry::plugin
