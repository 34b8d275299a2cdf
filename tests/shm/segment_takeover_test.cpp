// SPDX-License-Identifier: GPL-3.0-or-later
// One name, several producers: in turn, at once, and of several users.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "shm/life_lock.h"
#include "shm/named_object.h"
#include "shm/reader.h"
#include "tests/shm/child.h"
#include "tests/shm/self_checking_record.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::shm {
namespace {

using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

// What a child tells of a create_segment().
struct Result {
  CreateOutcome outcome;
  char message[400];
};
Result result_of(const Created& created) {
  Result result{created.outcome, {}};
  created.message.copy(result.message, sizeof result.message - 1);
  return result;
}

class Takeover : public testing::Test {
 protected:
  SegmentOptions options() const { return small_options(instance_.name()); }
  Created create() const { return create_segment(options()); }

  // A child that made the segment, published a record into it, and waits.
  std::unique_ptr<Child> producer() {
    auto child = std::make_unique<Child>([this](Child::Pipe& pipe) {
      const Created created = create();
      if (created.outcome == CreateOutcome::created) {
        Parts(created.mapping->bytes()).producer(0).publish(record_of(0, 0));
      }
      pipe.tell(result_of(created));
      pipe.wait();
    });
    EXPECT_EQ(child->hear<Result>().outcome, CreateOutcome::created);
    return child;
  }
  // What create_segment() says in a child that first does `before`.
  Result in_child(const std::function<bool()>& before) {
    Child child([&](Child::Pipe& pipe) {
      if (!before()) return;  // the parent hears nothing
      pipe.tell(result_of(create()));
    });
    return child.hear<Result>();
  }
  std::uint64_t run_id() const {
    const auto reader = Reader::open(instance_.name());
    return reader == nullptr ? 0 : reader->producer().run_id;
  }

  TestInstance instance_;
};

TEST_F(Takeover, SecondLiveProducerIsRefusedWithASentence) {
  const auto first = producer();
  const Created second = create();
  EXPECT_EQ(second.outcome, CreateOutcome::instance_taken);
  EXPECT_THAT(second.message, HasSubstr(std::to_string(first->pid())));
  EXPECT_THAT(second.message, HasSubstr("another instance name"));
}

TEST_F(Takeover, DeadProducersSegmentIsKeptAndThenReplaced) {
  auto first = producer();
  const std::uint64_t first_run = run_id();
  first->kill();
  first->reap();
  {
    const auto reader = Reader::open(instance_.name());  // the black box
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->state(monotonic_ns()), ProducerState::dead);
    EXPECT_EQ(reader->sweep([](const Record&, std::uint32_t) {}).records, 1u);
    EXPECT_FALSE(segment_was_replaced(instance_.name(), first_run));
  }
  const Created second = create();
  EXPECT_EQ(second.outcome, CreateOutcome::created) << second.message;
  EXPECT_TRUE(segment_was_replaced(instance_.name(), first_run));
  EXPECT_NE(run_id(), first_run);
}

TEST_F(Takeover, ZombiesSegmentIsReplaced) {
  auto first = producer();
  first->kill();  // not waited for
  EXPECT_EQ(create().outcome, CreateOutcome::created);
}

TEST_F(Takeover, RetiredProducersSegmentIsReplacedThoughItsProcessLives) {
  const Created first = create();
  Parts(first.mapping->bytes())
      .header()
      .state.store(static_cast<std::uint64_t>(Lifecycle::retired));
  EXPECT_EQ(create().outcome, CreateOutcome::created);
}

// Another version's segment is recognised by the part of the header that never changes.
TEST_F(Takeover, LiveProducerOfAnotherVersionIsLeftAlone) {
  const Created first = create();
  const Parts parts(first.mapping->bytes());
  Header& header = parts.header();
  header.layout_major = 99;
  EXPECT_EQ(create().outcome, CreateOutcome::instance_taken);
}

TEST_F(Takeover, SegmentThatIsBeingMadeIsLeftAloneUnlessItsMakerWasKilled) {
  const std::string unfinished = "/dev/shm" + unfinished_object_name(instance_.name());
  const int fd = open(unfinished.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  ASSERT_TRUE(take_life_lock(fd));
  EXPECT_EQ(create().outcome, CreateOutcome::instance_taken);
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::absent);
  close(fd);
  EXPECT_EQ(create().outcome, CreateOutcome::created);
  EXPECT_EQ(access(unfinished.c_str(), F_OK), -1);
}

// Anybody may put anything under that name.
TEST_F(Takeover, UnfinishedSegmentOfAnotherUserKeepsNobodyFromTelemetry) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const std::string unfinished = "/dev/shm" + unfinished_object_name(instance_.name());
  const int fd = open(unfinished.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  ASSERT_EQ(fchown(fd, kNobody, kNobody), 0);
  ASSERT_TRUE(take_life_lock(fd));
  EXPECT_EQ(create().outcome, CreateOutcome::created);
  ASSERT_EQ(unlink(unfinished.c_str()), 0);
  close(fd);
}

TEST_F(Takeover, OfAHundredStartsAtOnceOneWins) {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<Child>> starts;
    for (int i = 0; i < 20; ++i) {
      starts.push_back(std::make_unique<Child>([this](Child::Pipe& pipe) {
        pipe.wait();
        const Created created = create();
        pipe.tell(result_of(created));
        pipe.wait();
      }));
    }
    for (const auto& start : starts) start->go_on();
    int winners = 0;
    for (const auto& start : starts) {
      const Result result = start->hear<Result>();
      if (result.outcome == CreateOutcome::created) {
        ++winners;
        EXPECT_EQ(Reader::open(instance_.name())->producer().process.pid,
                  static_cast<std::uint32_t>(start->pid()));
      } else {
        EXPECT_EQ(result.outcome, CreateOutcome::instance_taken) << result.message;
      }
    }
    EXPECT_EQ(winners, 1);
  }
}

TEST_F(Takeover, RemovesOnlyItsOwnRun) {
  const Created created = create();
  const std::uint64_t run = Parts(created.mapping->bytes()).header().run_id;
  remove_segment(instance_.name(), run + 1);
  EXPECT_FALSE(segment_was_replaced(instance_.name(), run));
  remove_segment(instance_.name(), run);
  EXPECT_TRUE(segment_was_replaced(instance_.name(), run));
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::absent);
}

// --- other users ---

TEST_F(Takeover, SegmentOfAnotherUserIsNotReplaced) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  for (const std::uint32_t mode : {0600u, 0644u}) {
    SegmentOptions chosen = options();
    chosen.mode = mode;
    const Created mine = create_segment(chosen);
    ASSERT_EQ(mine.outcome, CreateOutcome::created) << mine.message;
    Parts(mine.mapping->bytes())
        .header()
        .state.store(static_cast<std::uint64_t>(Lifecycle::retired));
    const Result theirs = in_child([] { return setgid(kNobody) == 0 && setuid(kNobody) == 0; });
    EXPECT_EQ(theirs.outcome, CreateOutcome::not_permitted) << mode;
    EXPECT_NE(theirs.message[0], '\0');
    EXPECT_NE(run_id(), 0u);
  }
}

TEST_F(Takeover, ReaderWithoutPermissionIsToldAboutTheGroup) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const Created mine = create();
  Child child([&](Child::Pipe& pipe) {
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) return;
    const Opened opened = open_segment(instance_.name());
    Result result{opened.outcome == OpenOutcome::not_permitted ? CreateOutcome::not_permitted
                                                               : CreateOutcome::failed,
                  {}};
    opened.message.copy(result.message, sizeof result.message - 1);
    pipe.tell(result);
  });
  const Result result = child.hear<Result>();
  EXPECT_EQ(result.outcome, CreateOutcome::not_permitted);
  EXPECT_THAT(result.message, HasSubstr("segment_group"));
}

TEST_F(Takeover, GroupThatTheProducerIsNotInIsNotPermitted) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  SegmentOptions chosen = options();
  chosen.group = "daemon";
  Child child([&](Child::Pipe& pipe) {
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) return;
    pipe.tell(result_of(create_segment(chosen)));
  });
  const Result result = child.hear<Result>();
  EXPECT_EQ(result.outcome, CreateOutcome::not_permitted);
  EXPECT_THAT(result.message, HasSubstr("daemon"));
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::absent);
}

// --- no room, no /proc ---

TEST_F(Takeover, FileSizeLimitIsNoSpaceAndLeavesNothing) {
  const Result result = in_child([] {
    const rlimit limit{1000, 1000};
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
  });
  EXPECT_EQ(result.outcome, CreateOutcome::no_space);
  EXPECT_THAT(result.message, HasSubstr("ulimit -f"));
  EXPECT_EQ(open_segment(instance_.name()).outcome, OpenOutcome::absent);
}

// Runs in a mount namespace of the child's own; false where that is not permitted.
bool own_mounts() {
  return unshare(CLONE_NEWNS) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}
bool may_mount() {
  return Child([](Child::Pipe&) {
           if (!own_mounts()) std::_Exit(1);
         }).reap() == 0;
}

TEST_F(Takeover, FullSharedMemoryIsNoSpace) {
  if (!may_mount()) GTEST_SKIP() << "needs permission to mount";
  const Result result = in_child(
      [] { return own_mounts() && mount("none", "/dev/shm", "tmpfs", 0, "size=4k") == 0; });
  EXPECT_EQ(result.outcome, CreateOutcome::no_space);
  EXPECT_THAT(result.message, HasSubstr("no room"));
}

TEST_F(Takeover, MissingSharedMemoryIsNoSpace) {
  if (!may_mount()) GTEST_SKIP() << "needs permission to mount";
  const Result result =
      in_child([] { return own_mounts() && mount("none", "/dev", "tmpfs", 0, nullptr) == 0; });
  EXPECT_EQ(result.outcome, CreateOutcome::no_space);
  EXPECT_NE(result.message[0], '\0');
}

// A silent heartbeat is no proof: who takes a live producer's name cannot give it back.
TEST_F(Takeover, SegmentOfALiveProducerThatProcDoesNotShowIsLeftAlone) {
  if (!may_mount()) GTEST_SKIP() << "needs permission to mount";
  const auto first = create();
  ASSERT_EQ(first.outcome, CreateOutcome::created);
  Parts(first.mapping->bytes()).header().heartbeat_ns.store(1);
  const Result second =
      in_child([] { return own_mounts() && mount("none", "/proc", "tmpfs", 0, nullptr) == 0; });
  EXPECT_EQ(second.outcome, CreateOutcome::instance_taken) << second.message;
}

}  // namespace
}  // namespace goxel_telemetry::shm
