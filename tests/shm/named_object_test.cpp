// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/named_object.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tests/shm/test_segment.h"

namespace goxel_telemetry::shm {
namespace {

class NamedObject : public testing::Test {
 protected:
  // A new object of the name, with this in it.
  Descriptor make(const std::string& content = "") const {
    Descriptor made(open(instance_.path().c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600));
    EXPECT_EQ(write(made.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    return made;
  }

  TestInstance instance_;
};

TEST_F(NamedObject, IsOpenedForReadingAndOnlyIfItIsAFile) {
  EXPECT_FALSE(open_object(instance_.name()));
  EXPECT_EQ(errno, ENOENT);
  make("content");
  const Descriptor object = open_object(instance_.name());
  ASSERT_TRUE(object);
  char found[7] = {};
  EXPECT_EQ(read(object.get(), found, sizeof found), 7);
  EXPECT_EQ(std::string(found, 7), "content");
  EXPECT_EQ(write(object.get(), "x", 1), -1);
  ASSERT_EQ(shm_unlink(instance_.object().c_str()), 0);
  ASSERT_EQ(mkdir(instance_.path().c_str(), 0755), 0);
  EXPECT_FALSE(open_object(instance_.name()));
  EXPECT_EQ(errno, kNoSharedMemory);
  ASSERT_EQ(rmdir(instance_.path().c_str()), 0);
}

TEST_F(NamedObject, GetsANameThatIsFreeAndChangesPlacesWithAnother) {
  const TestInstance other;
  const Descriptor first = make("first");
  EXPECT_TRUE(give_name(instance_.object(), other.object()));
  EXPECT_FALSE(open_object(instance_.name()));
  EXPECT_TRUE(is_named(first.get(), other.object()));
  EXPECT_FALSE(give_name(instance_.object(), other.object()));
  EXPECT_EQ(errno, ENOENT);
  const Descriptor second = make("second");
  EXPECT_FALSE(is_named(first.get(), instance_.object()));
  EXPECT_FALSE(give_name(instance_.object(), other.object()));
  EXPECT_EQ(errno, EEXIST);
  EXPECT_TRUE(exchange_names(instance_.object(), other.object()));
  EXPECT_TRUE(is_named(first.get(), instance_.object()));
  EXPECT_TRUE(is_named(second.get(), other.object()));
  EXPECT_FALSE(is_named(first.get(), "/no such object"));
  EXPECT_FALSE(is_named(-1, instance_.object()));
}

TEST_F(NamedObject, TellsItsOwnerIfItIsAFinishedSegment) {
  const Created created = create_segment(small_options(instance_.name()));
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;
  const Parts parts(created.mapping->bytes());
  Header& header = parts.header();
  const Descriptor object = open_object(instance_.name());
  std::optional<Owner> owner = owner_of(object.get());
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->run_id, header.run_id);
  EXPECT_EQ(owner->process.pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_EQ(owner->process.start_time, this_process().start_time);
  EXPECT_EQ(owner->process.boot_id, this_process().boot_id);
  EXPECT_FALSE(owner->retired);

  header.state.store(static_cast<std::uint64_t>(Lifecycle::retired));
  EXPECT_TRUE(owner_of(object.get())->retired);
  header.layout_major = kLayoutMajor + 1;  // what follows may mean something else there
  EXPECT_FALSE(owner_of(object.get())->retired);
  header.magic.store(kMagic + 1);
  EXPECT_FALSE(owner_of(object.get())) << "invalid, of the right size";
  header.magic.store(kMagic);
  EXPECT_TRUE(owner_of(object.get()));
  ASSERT_EQ(truncate(instance_.path().c_str(), sizeof(Header) - 1), 0);
  EXPECT_FALSE(owner_of(object.get())) << "cut short";
  EXPECT_FALSE(owner_of(-1));
}

}  // namespace
}  // namespace goxel_telemetry::shm
