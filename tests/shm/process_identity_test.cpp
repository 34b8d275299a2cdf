// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/process_identity.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shm/child.h"

namespace goxel_telemetry::shm {
namespace {

TEST(ProcessIdentity, OfThisProcessIsAlive) {
  const ProcessIdentity self = this_process();
  EXPECT_EQ(self.pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_NE(self.start_time, 0u);
  EXPECT_NE(self.boot_id, BootId{});
  EXPECT_EQ(liveness(self), Liveness::alive);
}

TEST(ProcessIdentity, PidReusedByALaterProcessIsNoticedByItsStartTime) {
  ProcessIdentity reused = this_process();
  --reused.start_time;
  EXPECT_EQ(liveness(reused), Liveness::dead);
}

TEST(ProcessIdentity, OfAnotherBootIsDead) {
  ProcessIdentity other = this_process();
  other.boot_id[0] ^= 1;
  EXPECT_EQ(liveness(other), Liveness::dead);
}

TEST(ProcessIdentity, ZombieIsDead) {
  Child child([](Child::Pipe& pipe) {
    pipe.tell(this_process());
    pipe.wait();
  });
  const auto identity = child.hear<ProcessIdentity>();
  EXPECT_EQ(liveness(identity), Liveness::alive);
  child.kill();  // not waited for: a zombie from here on
  EXPECT_EQ(liveness(identity), Liveness::dead);
  child.reap();
  EXPECT_EQ(liveness(identity), Liveness::dead);
}

// A name in /proc/<pid>/stat may hold anything, also what looks like the fields behind it.
TEST(ProcessIdentity, ProgramsNameDoesNotMislead) {
  Child child([](Child::Pipe& pipe) {
    Child::rename(") Z 1 2 3 (");
    pipe.tell(this_process());
    pipe.wait();
  });
  const auto identity = child.hear<ProcessIdentity>();
  EXPECT_NE(identity.start_time, 3u);
  EXPECT_EQ(liveness(identity), Liveness::alive);
}

}  // namespace
}  // namespace goxel_telemetry::shm
