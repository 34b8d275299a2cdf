// SPDX-License-Identifier: GPL-3.0-or-later
// A producer that is killed at any instant: nothing torn is ever delivered, the next start works,
// and what the dead one left can be read.
#include <gtest/gtest.h>

#include <iostream>

#include "shm/inflight.h"
#include "tests/shm/child.h"
#include "tests/shm/soak.h"

namespace goxel_telemetry::shm {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// --- between any two stores of one record ---

// Counts stores and dies instead of the last one.
struct Fuse {
  int left;
  void burn() {
    if (left-- == 0) ::kill(getpid(), SIGKILL);
  }
};
struct FusedWord {
  AtomicWord* word;
  Fuse* fuse;
  void store(std::uint64_t value, std::memory_order order) {
    fuse->burn();
    word->store(value, order);
  }
};
struct FusedSlot {
  FusedWord stamp;
  FusedWord words[7];
  FusedSlot(Slot& slot, Fuse& fuse) : stamp{&slot.stamp, &fuse} {
    for (std::size_t i = 0; i < 7; ++i) words[i] = {&slot.words[i], &fuse};
  }
};

TEST(KilledProducer, BetweenAnyTwoStoresLeavesNoTornRecordBehind) {
  constexpr std::uint64_t kCapacity = 16;
  constexpr std::uint64_t kBefore = kCapacity + 3;  // the ring has wrapped
  constexpr int kStores = 9;                        // mark, seven words, commit; then the head
  for (int stores = 0; stores <= kStores; ++stores) {
    const TestInstance instance;
    Child child([&](Child::Pipe& pipe) {
      const Created created = create_segment(small_options(instance.name()));
      const Parts parts(created.mapping->bytes());
      for (std::uint64_t i = 0; i < kBefore; ++i) parts.producer(0).publish(record_of(0, i));
      Fuse fuse{stores};
      FusedSlot slot(parts.slots(0)[kBefore % kCapacity], fuse);
      pipe.tell('r');
      pipe.wait();
      write_stamped(slot, 2 * kBefore + 1, 2 * kBefore + 2, record_of(0, kBefore).words());
      fuse.burn();  // before the head
    });
    child.hear<char>();
    CheckingReader attached(instance.name());
    child.go_on();
    EXPECT_EQ(child.reap(), -1) << "not killed";
    CheckingReader later(instance.name());
    for (CheckingReader* reader : {&attached, &later}) {
      reader->sweep_to_the_end();
      const CheckingReader::Report report = reader->report();
      EXPECT_EQ(report.wrong, 0u) << "killed before store " << stores;
      EXPECT_EQ(report.accounted(), kBefore);
      // Of what the ring held when they attached, only the slot that it died in is gone.
      EXPECT_EQ(report.lost, 0u) << "killed before store " << stores;
      EXPECT_EQ(report.began_at, kBefore - kCapacity + (stores == 0 ? 0u : 1u))
          << "killed before store " << stores;
      EXPECT_EQ(reader->reader().state(monotonic_ns()), ProducerState::dead);
    }
    // The next writer of such a lane goes on in the torn slot.
    const Created next = create_segment(small_options(instance.name()));
    EXPECT_EQ(next.outcome, CreateOutcome::created) << next.message;
  }
}

// --- at random ---

InflightEntry entry_of(std::uint64_t number) {
  InflightEntry::Words words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = mixed(number + (i << 40));
  words[2] = number;
  return InflightEntry::from_words(words);
}

// Does all that a plugin does to a segment, until it is killed.
void produce(const std::string& instance, Child::Pipe& pipe) {
  const Created created = create_segment(soak_options(instance));
  if (created.outcome != CreateOutcome::created) return;
  const Parts parts(created.mapping->bytes());
  CatalogWriter catalog(parts.header(), parts.catalog());
  parts.header().state.store(static_cast<std::uint64_t>(Lifecycle::live));
  const Producers producers(created.mapping->bytes(), 2);
  pipe.tell('r');
  for (std::uint64_t number = 1;; ++number) {
    InflightLine& line = parts.inflight()[number % 4];
    show(line, entry_of(number));
    store(parts.header().calibration, {number, number, number, number, number});
    catalog.intern(NameKind::operation, "name " + std::to_string(number % 12));
    if (number % 3 == 0) clear(line);
  }
}

// All that a black box is asked for.
void expect_whole(CheckingReader& checking) {
  checking.sweep_to_the_end();
  EXPECT_EQ(checking.report().wrong, 0u);
  EXPECT_EQ(checking.report().accounted(), checking.reader().totals().published);
  Reader& reader = checking.reader();
  for (const InflightEntry& entry : reader.inflight()) {
    EXPECT_EQ(entry.words(), entry_of(entry.connection).words());
  }
  const Calibration& calibration = reader.calibration();
  if (calibration.anchor_ticks != 0) {
    EXPECT_EQ(calibration.anchor_ns, calibration.anchor_ticks);
    EXPECT_EQ(calibration.corrections, calibration.anchor_ticks);
  }
  for (std::uint32_t id = 9; id < reader.name_count(); ++id) {
    EXPECT_EQ(reader.name(id).substr(0, 5), "name ");
  }
}

TEST(KilledProducer, AtRandomPointsLeavesAReadableBlackBoxAndAFreeName) {
  const TestInstance instance;
  std::minstd_rand random(7);
  const auto end = Clock::now() + soak_time(2500ms);
  int kills = 0;
  int black_boxes = 0;
  while (Clock::now() < end) {
    Child child([&](Child::Pipe& pipe) { produce(instance.name(), pipe); });
    std::unique_ptr<CheckingReader> attached;
    if (random() % 4 != 0) {
      ASSERT_NO_THROW(child.hear<char>()) << "the start after " << kills << " kills failed";
      attached = std::make_unique<CheckingReader>(instance.name());
      const auto moment = Clock::now() + std::chrono::microseconds(random() % 3000);
      while (Clock::now() < moment) attached->sweep();
    } else {
      // While it starts: in the middle of making the segment, too.
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 1500));
    }
    child.kill();
    ++kills;
    if (attached != nullptr) {
      EXPECT_EQ(attached->reader().state(monotonic_ns()), ProducerState::dead);
      expect_whole(*attached);
    }
    const OpenOutcome found = open_segment(instance.name()).outcome;
    if (found == OpenOutcome::opened) {
      CheckingReader black_box(instance.name());
      expect_whole(black_box);
      ++black_boxes;
    } else {
      EXPECT_EQ(attached, nullptr);
      EXPECT_TRUE(found == OpenOutcome::absent || found == OpenOutcome::not_ready);
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(black_boxes, 0);
  EXPECT_EQ(create_segment(soak_options(instance.name())).outcome, CreateOutcome::created);
  std::cout << kills << " kills, " << black_boxes << " black boxes\n";
}

}  // namespace
}  // namespace goxel_telemetry::shm
