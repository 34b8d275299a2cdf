// SPDX-License-Identifier: GPL-3.0-or-later
// The protocol step by step: a word that runs a hook when it is touched lets another "thread" act
// between any two accesses, without threads.
#include "shm/stamped.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/shm/self_checking_record.h"

namespace goxel_telemetry::shm {
namespace {

struct HookedWord {
  std::uint64_t value = 0;
  std::function<void()> before_load = [] {};
  std::function<void()> before_store = [] {};

  std::uint64_t load(std::memory_order) const {
    before_load();
    return value;
  }
  void store(std::uint64_t next, std::memory_order) {
    before_store();
    value = next;
  }
};

struct HookedSlot {
  HookedWord stamp;
  HookedWord words[7];

  // Another thread's whole write, in one go.
  void overwrite(std::uint64_t stamp_value, const Words& content) {
    for (std::size_t i = 0; i < content.size(); ++i) words[i].value = content[i];
    stamp.value = stamp_value;
  }
};

const Words kOld = record_of(0, 3).words();
const Words kNew = record_of(0, 11).words();

TEST(StampedRead, OfAQuietSlotIsIntact) {
  HookedSlot slot;
  slot.overwrite(8, kOld);
  Words words;
  const StampedRead read = read_stamped(slot, words);
  EXPECT_TRUE(read.intact);
  EXPECT_EQ(read.stamp, 8u);
  EXPECT_EQ(words, kOld);
}

// What the second look at the stamp is for.
TEST(StampedRead, OfASlotThatChangedBetweenTheTwoLooksAtItsStampIsNotIntact) {
  for (std::size_t word = 0; word < 7; ++word) {
    HookedSlot slot;
    slot.overwrite(8, kOld);
    slot.words[word].before_load = [&slot] { slot.overwrite(24, kNew); };
    Words words;
    EXPECT_FALSE(read_stamped(slot, words).intact) << "overwritten before word " << word;
  }
}

// A writer that is stopped in the middle has marked the slot before its first word.
TEST(StampedRead, SeesTheMarkOfAWriterThatIsStillInside) {
  for (std::size_t stopped = 0; stopped < 7; ++stopped) {
    HookedSlot slot;
    slot.overwrite(8, kOld);
    StampedRead read{0, true};
    Words seen{};
    slot.words[stopped].before_store = [&] { read = read_stamped(slot, seen); };
    write_stamped(slot, 23, 24, kNew);
    EXPECT_EQ(read.stamp, 23u) << "stopped before word " << stopped;
  }
}

TEST(StampedWrite, MarksThenWritesThenCommits) {
  HookedSlot slot;
  std::vector<std::string> order;
  slot.stamp.before_store = [&] { order.push_back("stamp"); };
  for (std::size_t i = 0; i < 7; ++i) {
    slot.words[i].before_store = [&, i] {
      order.push_back("word " + std::to_string(i));
      EXPECT_EQ(slot.stamp.value, 23u);
    };
  }
  write_stamped(slot, 23, 24, kNew);
  EXPECT_EQ(order, (std::vector<std::string>{"stamp", "word 0", "word 1", "word 2", "word 3",
                                             "word 4", "word 5", "word 6", "stamp"}));
  EXPECT_EQ(slot.stamp.value, 24u);
}

}  // namespace
}  // namespace goxel_telemetry::shm
