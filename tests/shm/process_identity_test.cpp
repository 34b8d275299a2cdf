// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/process_identity.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>

#include "tests/shm/child.h"
#include "tests/shm/without_proc.h"

namespace goxel_telemetry::shm {
namespace {

TEST(ProcessIdentity, OfThisProcessIsAlive) {
  const ProcessIdentity self = this_process();
  EXPECT_EQ(self.pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_NE(self.start_time, 0u);
  EXPECT_NE(self.boot_id, BootId{});
  EXPECT_EQ(liveness(self), Liveness::alive);
}

// The kernel writes it as 8-4-4-4-12 lower-case hexadecimal digits.
TEST(ProcessIdentity, HasTheKernelsBootId) {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  file >> text;
  ASSERT_EQ(text.size(), 36u);
  std::erase(text, '-');
  BootId expected{};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = static_cast<std::uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
  }
  EXPECT_EQ(this_process().boot_id, expected);
}

// Fills the stack that the next call uses with what looks like the end of a program's name.
[[gnu::noinline]] void leave_parentheses_on_the_stack() {
  volatile char dirt[16384];
  for (volatile char& c : dirt) c = ')';
}

TEST(ProcessIdentity, IsReadNoFurtherThanTheFileReaches) {
  const ProcessIdentity self = this_process();
  leave_parentheses_on_the_stack();
  EXPECT_EQ(liveness(self), Liveness::alive);
}

// As a daemon may: the next file that it opens has the number 0.
TEST(ProcessIdentity, IsReadAlsoWithoutAStandardInput) {
  Child child([](Child::Pipe& pipe) {
    close(STDIN_FILENO);
    pipe.tell(this_process());
    pipe.wait();
  });
  const auto identity = child.hear<ProcessIdentity>();
  EXPECT_NE(identity.start_time, 0u);
  EXPECT_EQ(identity.boot_id, this_process().boot_id);
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

// --- where /proc does not tell ---

TEST(ProcessIdentity, WithoutProcIsUnknownWhileThePidIsTakenAndThenDead) {
  Child child([](Child::Pipe& pipe) {
    pipe.tell(this_process());
    pipe.wait();
  });
  const auto identity = child.hear<ProcessIdentity>();
  {
    const WithoutProc hidden;
    EXPECT_EQ(liveness(identity), Liveness::unknown);
  }
  EXPECT_EQ(liveness(identity), Liveness::alive);
  child.kill();
  child.reap();
  const WithoutProc hidden;
  EXPECT_EQ(liveness(identity), Liveness::dead);
}

// A signal to it is refused, which is no sign of its death.
TEST(ProcessIdentity, OfAnotherUserWithoutProcIsUnknown) {
  struct Told {
    int refusal;
    Liveness shown;
    Liveness hidden;
  };
  const ProcessIdentity mine = this_process();
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  Child child([&](Child::Pipe& pipe) {
    constexpr uid_t kNobody = 65534;
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) return;
    Told told{kill(static_cast<pid_t>(mine.pid), 0) == 0 ? 0 : errno, liveness(mine), {}};
    const WithoutProc hidden;
    told.hidden = liveness(mine);
    pipe.tell(told);
  });
  const Told told = child.hear<Told>();
  ASSERT_EQ(told.refusal, EPERM);
  EXPECT_EQ(told.shown, Liveness::alive);
  EXPECT_EQ(told.hidden, Liveness::unknown);
}

TEST(ProcessIdentity, ThatWasTakenWithoutProcIsUnknownWhileThePidIsTaken) {
  Child child([](Child::Pipe& pipe) {
    {
      const WithoutProc hidden;
      pipe.tell(this_process());
    }
    pipe.wait();
  });
  const auto identity = child.hear<ProcessIdentity>();
  EXPECT_EQ(identity.start_time, 0u);
  EXPECT_EQ(identity.boot_id, BootId{});
  EXPECT_EQ(liveness(identity), Liveness::unknown);
  child.kill();
  child.reap();
  EXPECT_EQ(liveness(identity), Liveness::dead);
}

}  // namespace
}  // namespace goxel_telemetry::shm
