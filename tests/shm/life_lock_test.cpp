// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/life_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>

#include "shm/named_object.h"
#include "shm/reader.h"
#include "tests/shm/child.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::shm {
namespace {

class LifeLock : public testing::Test {
 protected:
  // A child that made the segment and waits.
  std::unique_ptr<Child> producer(const std::function<void()>& then = [] {}) const {
    auto child = std::make_unique<Child>([&](Child::Pipe& pipe) {
      const Created created = create_segment(small_options(instance_.name()));
      then();
      pipe.tell(created.outcome);
      pipe.wait();
    });
    EXPECT_EQ(child->hear<CreateOutcome>(), CreateOutcome::created);
    return child;
  }
  ProducerState state() const {
    const auto reader = Reader::open(instance_.name());
    return reader == nullptr ? ProducerState::absent : reader->state(monotonic_ns());
  }
  // As a producer could write it, after its making.
  void rewrite_header(const std::function<void(Header&)>& change) const {
    const Descriptor object(open(instance_.path().c_str(), O_RDWR | O_CLOEXEC));
    Header header{};
    ASSERT_EQ(pread(object.get(), static_cast<void*>(&header), sizeof header, 0),
              ssize_t{sizeof header});
    change(header);
    ASSERT_EQ(pwrite(object.get(), static_cast<const void*>(&header), sizeof header, 0),
              ssize_t{sizeof header});
  }

  TestInstance instance_;
};

void be_nobody_that_lives(Header& header) {
  header.producer_pid = 1u << 22;  // above the largest pid
  header.producer_start_time += 1;
  header.boot_id[0] ^= 1;
  header.heartbeat_ns.store(1);
}

// As in another pid or time namespace, with another boot id, or stopped for long.
TEST_F(LifeLock, WhatProcAndClocksSayCountsForNothingWhileItIsHeld) {
  const auto child = producer();
  rewrite_header(be_nobody_that_lives);
  EXPECT_EQ(state(), ProducerState::live);
  EXPECT_EQ(create_segment(small_options(instance_.name())).outcome, CreateOutcome::instance_taken);
}

TEST_F(LifeLock, AStoppedProducerLives) {
  const auto child = producer();
  ASSERT_EQ(kill(child->pid(), SIGSTOP), 0);
  EXPECT_EQ(state(), ProducerState::live);
}

// The pid may be used again, or be another process's in another namespace.
TEST_F(LifeLock, WhoseItWasIsDeadOnceItIsFreeThoughItsProcessSeemsToLive) {
  auto child = producer();
  const auto reader = Reader::open(instance_.name());
  child->kill();
  rewrite_header([](Header& header) {
    header.producer_pid = static_cast<std::uint32_t>(getpid());
    header.producer_start_time = this_process().start_time;
    header.heartbeat_ns.store(monotonic_ns());
  });
  EXPECT_EQ(state(), ProducerState::dead);
  EXPECT_EQ(reader->state(monotonic_ns()), ProducerState::dead);
  EXPECT_EQ(create_segment(small_options(instance_.name())).outcome, CreateOutcome::created);
}

TEST_F(LifeLock, NeedsNoDescriptorOfTheProducer) {
  const auto child = producer();
  int descriptors = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(child->pid()) + "/fd")) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    EXPECT_EQ(target.find("goxel-telemetry"), std::string::npos) << target;
    ++descriptors;
  }
  EXPECT_GT(descriptors, 0);
  EXPECT_EQ(state(), ProducerState::live);
}

TEST_F(LifeLock, NoReaderCanTakeIt) {
  auto child = producer();
  const Descriptor readers = open_object(instance_.name());
  EXPECT_FALSE(take_life_lock(readers.get()));
  struct flock shared {};
  shared.l_type = F_RDLCK;
  shared.l_whence = SEEK_SET;
  EXPECT_NE(fcntl(readers.get(), F_OFD_SETLK, &shared), 0);
  child->kill();
  EXPECT_FALSE(take_life_lock(readers.get()));
  // What a reader can lock once the producer is dead keeps nobody from the name.
  ASSERT_EQ(fcntl(readers.get(), F_OFD_SETLK, &shared), 0);
  ASSERT_EQ(flock(readers.get(), LOCK_EX), 0);
  EXPECT_FALSE(is_life_locked(readers.get()));
  EXPECT_EQ(state(), ProducerState::dead);
  const Created next = create_segment(small_options(instance_.name()));
  EXPECT_EQ(next.outcome, CreateOutcome::created) << next.message;
  EXPECT_EQ(state(), ProducerState::live);
}

TEST_F(LifeLock, AProducerWithoutOneIsJudgedByItsProcess) {
  const auto child = producer();
  // A copy has no lock.
  std::filesystem::copy_file(instance_.path(), instance_.path() + "-copy");
  std::filesystem::rename(instance_.path() + "-copy", instance_.path());
  EXPECT_EQ(state(), ProducerState::dead) << "it says that it has a lock";
  rewrite_header([](Header& header) { header.life_locked = 0; });
  EXPECT_EQ(state(), ProducerState::live);
  EXPECT_EQ(create_segment(small_options(instance_.name())).outcome, CreateOutcome::instance_taken);
  rewrite_header(be_nobody_that_lives);
  EXPECT_EQ(state(), ProducerState::dead);
  EXPECT_EQ(create_segment(small_options(instance_.name())).outcome, CreateOutcome::created);
}

TEST_F(LifeLock, WhatCannotBeAskedCountsAsHeld) {
  EXPECT_TRUE(is_life_locked(-1));
  EXPECT_FALSE(take_life_lock(-1));
}

}  // namespace
}  // namespace goxel_telemetry::shm
