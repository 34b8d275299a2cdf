// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/trust.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "shm/named_object.h"
#include "shm/reader.h"
#include "tests/shm/child.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::shm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t kNobody = 65534;

TEST(Trust, ASegmentOfOnesOwnIsVerified) {
  const TestInstance instance;
  const Created created = create_segment(small_options(instance.name()));
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  EXPECT_EQ(created.name, instance.name());
  EXPECT_EQ(created.message, "");
  const Provenance made = Reader::open(instance.name())->provenance();
  EXPECT_TRUE(made.known);
  EXPECT_TRUE(made.verified);
  EXPECT_EQ(made.uid, geteuid());
  EXPECT_EQ(made.gid, getegid());
}

TEST(Trust, AProcessThatIsNotSeenProvesNothing) {
  EXPECT_EQ(claim_of(geteuid(), this_process()), Claim::true_claim);
  EXPECT_EQ(claim_of(0, this_process()), Claim::true_claim) << "root may do anything anyway";
  EXPECT_EQ(claim_of(kNobody - 1, this_process()), Claim::false_claim);
  ProcessIdentity other = this_process();
  other.start_time += 1;
  EXPECT_EQ(claim_of(kNobody - 1, other), Claim::unproven);
  other.pid = 1u << 22;
  EXPECT_TRUE(users_of(other.pid).empty());
}

TEST(Trust, UsersAreGivenByNameOrNumber) {
  Child child([](Child::Pipe& pipe) {
    const bool everybody = is_trusted(12345);
    const bool unknown =
        trust_only({"root", "no such user"}) == "there is no user \"no such user\"";
    const bool still = is_trusted(12345);
    const bool known = trust_only({"nobody", "4321"}).empty();
    const bool right = is_trusted(kNobody) && is_trusted(4321) && is_trusted(0);
    const bool wrong = is_trusted(12345) || is_trusted(1);
    pipe.tell(everybody && unknown && still && known && right && !wrong);
  });
  EXPECT_TRUE(child.hear<bool>());
}

TEST(Trust, NamesOfSegmentsMayHaveTheirOwnersNumber) {
  for (const char* good : {"goxel", "goxel@1001", "a.layers@0", "goxel@1001-3fa2c1d0"}) {
    EXPECT_TRUE(valid_segment_name(good)) << good;
  }
  for (const char* bad :
       {"", "@1", "goxel@", "goxel@x", "goxel@1/2", "goxel@1@2", ".a@1", "a@1 "}) {
    EXPECT_FALSE(valid_segment_name(bad)) << bad;
  }
  EXPECT_EQ(layers_instance("goxel@1001-ab"), "goxel.layers");
  EXPECT_EQ(daemon_instance("goxel.layers@1001"), "goxel");
  EXPECT_EQ(daemon_instance("goxel@1001"), "goxel@1001");
}

// Needs root, to be several users.
class OtherUsers : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  }
  void TearDown() override {
    for (const std::string& name : list_instances()) {
      if (name.starts_with(instance_.name())) shm_unlink(object_name(name).c_str());
    }
  }

  // A child that runs as this user, made the segment, and waits.
  std::unique_ptr<Child> producer(uid_t uid) const {
    auto child = std::make_unique<Child>([&](Child::Pipe& pipe) {
      if (setgid(uid) != 0 || setuid(uid) != 0) return;
      const Created created = create_segment(small_options(instance_.name()));
      pipe.tell(created.outcome);
      pipe.wait();
    });
    EXPECT_EQ(child->hear<CreateOutcome>(), CreateOutcome::created);
    return child;
  }
  std::string theirs(uid_t uid) const { return instance_.name() + '@' + std::to_string(uid); }
  uid_t owner(const std::string& name) const {
    const auto reader = Reader::open(name);
    return reader == nullptr ? kNobody + 1 : reader->provenance().uid;
  }

  TestInstance instance_;
};

// What claims to be root's daemon, but is not root's.
TEST_F(OtherUsers, AForgedSegmentIsNotTakenForTheProcessThatItNames) {
  const Created created = create_segment(small_options(instance_.name()));
  std::filesystem::copy_file(instance_.path(), instance_.path() + "@1");
  ASSERT_EQ(chown((instance_.path() + "@1").c_str(), kNobody, kNobody), 0);
  const Opened forged = open_segment(instance_.name() + "@1");
  EXPECT_EQ(forged.outcome, OpenOutcome::not_trusted);
  EXPECT_THAT(forged.message, HasSubstr("belongs to nobody"));
  EXPECT_THAT(forged.message, HasSubstr("process " + std::to_string(getpid())));
  ASSERT_EQ(chown((instance_.path() + "@1").c_str(), 0, 0), 0);
  EXPECT_EQ(open_segment(instance_.name() + "@1").outcome, OpenOutcome::opened);
}

TEST_F(OtherUsers, EachHasADaemonOfThatNameWhoeverCameFirst) {
  const auto squatter = producer(kNobody);
  const auto other = producer(4321);
  const Created mine = create_segment(small_options(instance_.name()));
  EXPECT_EQ(mine.outcome, CreateOutcome::created) << mine.message;
  EXPECT_EQ(mine.name, theirs(0));
  EXPECT_EQ(owner(instance_.name()), kNobody);
  EXPECT_EQ(owner(theirs(4321)), 4321u);
  EXPECT_EQ(owner(theirs(0)), 0u);
  EXPECT_EQ(segment_name_of(instance_.name()), theirs(0)) << "root asks";
  EXPECT_EQ(segment_name_of(theirs(4321)), theirs(4321));
  Child asking([&](Child::Pipe& pipe) {
    if (setuid(4321) != 0) return;
    pipe.tell(segment_name_of(instance_.name()) == theirs(4321));
  });
  EXPECT_TRUE(asking.hear<bool>());
}

TEST_F(OtherUsers, ALivingDaemonOfAnotherUserIsMeantBeforeADeadOneOfOnesOwn) {
  const auto other = producer(kNobody);
  auto own = producer(0);
  EXPECT_EQ(segment_name_of(instance_.name()), theirs(0));
  own->kill();
  ASSERT_TRUE(std::filesystem::exists(instance_.path() + "@0"));
  EXPECT_EQ(segment_name_of(instance_.name()), instance_.name());
  other->kill();
  EXPECT_EQ(segment_name_of(instance_.name()), theirs(0)) << "of two dead ones, one's own";
}

TEST_F(OtherUsers, ObjectsThatAreInTheWayOfBothNamesLeaveAThird) {
  const auto squatter = producer(kNobody);
  // The second name is taken, too, by somebody who keeps it alive.
  const auto second = std::make_unique<Child>([&](Child::Pipe& pipe) {
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) return;
    SegmentOptions options = small_options(instance_.name() + "-x");
    const Created created = create_segment(options);
    pipe.tell(created.outcome == CreateOutcome::created &&
              give_name(instance_.object() + "-x", instance_.object() + "@0"));
    pipe.wait();
  });
  ASSERT_TRUE(second->hear<bool>());
  const Created mine = create_segment(small_options(instance_.name()));
  EXPECT_EQ(mine.outcome, CreateOutcome::created) << mine.message;
  EXPECT_TRUE(mine.name.starts_with(theirs(0) + '-')) << mine.name;
  EXPECT_EQ(segment_name_of(instance_.name()), mine.name) << "the other is not root's";
}

TEST_F(OtherUsers, ADeadSegmentOfAnotherUserIsReplacedByRoot) {
  auto squatter = producer(kNobody);
  squatter->kill();
  const Created mine = create_segment(small_options(instance_.name()));
  EXPECT_EQ(mine.outcome, CreateOutcome::created) << mine.message;
  EXPECT_EQ(mine.name, instance_.name());
  EXPECT_THAT(list_instances(), Not(Contains(theirs(0))));
}

TEST_F(OtherUsers, OnlyThoseCountWhoAreTrusted) {
  const auto squatter = producer(kNobody);
  Child reader([&](Child::Pipe& pipe) {
    if (!trust_only({"4321"}).empty()) return;
    const Opened opened = open_segment(instance_.name());
    pipe.tell(opened.outcome == OpenOutcome::not_trusted &&
              opened.message.find("belongs to nobody") != std::string::npos);
  });
  EXPECT_TRUE(reader.hear<bool>());
}

}  // namespace
}  // namespace goxel_telemetry::shm
