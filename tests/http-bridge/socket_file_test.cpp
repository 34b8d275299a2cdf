// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets in at a socket's file, from its first moment to its last, and who may have its name.
#include "http-bridge/socket_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/http-bridge/temporary_folder.h"

namespace {

std::function<void()> before_listening;
std::function<void()> before_locking;

}  // namespace

// Instead of the C library's, in this program. Until it listens nobody can connect.
extern "C" int listen(int fd, int backlog) noexcept {
  if (before_listening) before_listening();
  return static_cast<int>(::syscall(SYS_listen, fd, backlog));
}
extern "C" int flock(int fd, int operation) noexcept {
  if (before_locking) std::exchange(before_locking, nullptr)();
  return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

namespace goxel_telemetry::http_bridge {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class SocketFileTest : public testing::Test {
 protected:
  ~SocketFileTest() override { before_listening = nullptr; }

  std::unique_ptr<SocketFile> listen(const std::string& path, mode_t mode = 0600,
                                     const std::string& group = "") {
    why_.clear();
    return SocketFile::listen({path, mode, group}, why_);
  }
  // The sentence that is said instead.
  std::string refused(const std::string& path, mode_t mode = 0600, const std::string& group = "") {
    EXPECT_EQ(listen(path, mode, group), nullptr) << path;
    return why_;
  }
  static struct stat look(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found;
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static int bind_at(const std::string& path, int type = SOCK_STREAM) {
    const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
    return fd;
  }
  // As a process that was killed leaves it.
  static void leave_stale(const std::string& path) { ::close(bind_at(path)); }
  // 0, or why not.
  static int connect(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_un address = address_of(path);
    const int error =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
    ::close(fd);
    return error;
  }
  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  // One that this user may give files to.
  static gid_t some_group() { return ::geteuid() == 0 ? 60 : ::getegid(); }

  TemporaryFolder folder_;
  const std::string path_ = folder_.file("spans.sock");
  std::string why_;
};

TEST_F(SocketFileTest, HasItsModeAndGroupBeforeAnybodyCanConnectWhateverTheUmaskIs) {
  for (const mode_t mask : {0u, 0022u, 0777u}) {
    for (const mode_t mode : {0600u, 0660u, 0666u}) {
      std::optional<struct stat> first;
      before_listening = [&] {
        EXPECT_EQ(connect(path_), ECONNREFUSED);
        first = look(path_);
      };
      const mode_t before = ::umask(mask);
      const auto file = listen(path_, mode, std::to_string(some_group()));
      ::umask(before);
      ASSERT_NE(file, nullptr) << why_;
      ASSERT_TRUE(first);
      EXPECT_EQ(first->st_mode, S_IFSOCK | mode);
      EXPECT_EQ(first->st_gid, some_group());
      EXPECT_EQ(first->st_uid, ::geteuid());
      EXPECT_EQ(connect(path_), 0);
    }
  }
}

TEST_F(SocketFileTest, WithoutAGroupItHasTheProcessesOwnAlsoInAFolderThatHandsDownAnother) {
  ASSERT_EQ(::chown(folder_.path().c_str(), static_cast<uid_t>(-1), some_group()), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 02777), 0);
  const auto file = listen(path_, 0660);
  ASSERT_NE(file, nullptr) << why_;
  EXPECT_EQ(look(path_).st_gid, ::getegid());
}

TEST_F(SocketFileTest, AGroupHasANameOrANumber) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to have a group that has a name everywhere";
  ASSERT_NE(listen(path_, 0660, "root"), nullptr) << why_;
  const auto file = listen(path_, 0660, "4321");
  ASSERT_NE(file, nullptr) << why_;
  EXPECT_EQ(look(path_).st_gid, 4321u);
}

TEST_F(SocketFileTest, OnlyAGroupThatThereIsAndThatTheUserIsInGetsIt) {
  for (const char* group : {"no-such-group", "-1", "4294967295", "99999999999", "1x"}) {
    EXPECT_EQ(refused(path_, 0660, group), "there is no group \"" + std::string(group) + '"');
  }
  const bool is_root = ::geteuid() == 0;
  {
    std::optional<As> somebody;
    if (is_root) somebody.emplace(kNobody, kNobody);
    EXPECT_EQ(refused(path_, 0660, "4321"), "the socket " + path_ +
                                                " cannot be given to group \"4321\": Operation "
                                                "not permitted");
  }
  EXPECT_TRUE(folder_.is_empty()) << "nothing is left behind";
}

TEST_F(SocketFileTest, WhoMayNotConnectIsTheFilesBusiness) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const auto connect_as = [this](gid_t group) {
    const As somebody(kNobody, group);
    return connect(path_);
  };
  {
    const auto file = listen(path_);
    EXPECT_EQ(connect_as(60), EACCES);
  }
  {
    const auto file = listen(path_, 0660, "60");
    EXPECT_EQ(connect_as(60), 0);
    EXPECT_EQ(connect_as(61), EACCES);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0770), 0);
    EXPECT_EQ(connect_as(60), EACCES) << "whoever cannot enter the folder does not get to the file";
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  }
  const auto file = listen(path_, 0666, "60");
  EXPECT_EQ(connect_as(61), 0);
}

TEST_F(SocketFileTest, IsRemovedAtTheEndAndNothingIsLeft) {
  listen(path_);
  EXPECT_TRUE(folder_.is_empty());
}

TEST_F(SocketFileTest, WhatAnotherPutInItsPlaceStays) {
  auto file = listen(path_);
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  EXPECT_EQ(refused(path_), "another bridge takes spans on " + path_)
      << "it still has the name, though nobody finds it";
  const int other = bind_at(path_);
  file.reset();
  EXPECT_TRUE(S_ISSOCK(look(path_).st_mode));
  ::close(other);

  ASSERT_EQ(::unlink(path_.c_str()), 0);
  file = listen(path_);
  ASSERT_EQ(::unlink((path_ + ".lock").c_str()), 0);
  std::ofstream(path_ + ".lock") << "somebody's";
  file.reset();
  EXPECT_EQ(read(path_ + ".lock"), "somebody's");
}

TEST_F(SocketFileTest, WhatAKilledProcessLeftIsReplaced) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::string why;
    const auto file = SocketFile::listen({path_, 0666, ""}, why);
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_EQ(connect(path_), ECONNREFUSED);
  ASSERT_EQ(::access((path_ + ".lock").c_str(), F_OK), 0);
  {
    const auto file = listen(path_);
    ASSERT_NE(file, nullptr) << why_;
    EXPECT_EQ(connect(path_), 0);
    EXPECT_EQ(look(path_).st_mode & 0777u, 0600u) << "not as it was left";
  }
  EXPECT_TRUE(folder_.is_empty());
}

TEST_F(SocketFileTest, OneAtWhichSomebodyListensIsNot) {
  const auto first = listen(path_);
  EXPECT_EQ(refused(path_), "another bridge takes spans on " + path_);
  EXPECT_EQ(connect(path_), 0);

  const std::string foreign = folder_.file("foreign.sock");
  const int listening = bind_at(foreign);
  ::listen(listening, 0);
  EXPECT_EQ(refused(foreign), "another program listens on " + foreign);
  const sockaddr_un address = address_of(foreign);
  std::vector<int> waiting;  // until there is no room for more
  for (int error = 0; error == 0;) {
    waiting.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    error =
        ::connect(waiting.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
            ? 0
            : errno;
    ASSERT_TRUE(error == 0 || error == EAGAIN) << error;
  }
  EXPECT_EQ(refused(foreign), "another program listens on " + foreign);
  for (const int fd : waiting) ::close(fd);
  ::close(listening);

  const std::string datagrams = folder_.file("datagrams.sock");
  const int bound = bind_at(datagrams, SOCK_DGRAM);
  EXPECT_EQ(refused(datagrams), "another program listens on " + datagrams);
  ::close(bound);
}

TEST_F(SocketFileTest, WhatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "a file";
  EXPECT_EQ(refused(path_), path_ + " is there and is no socket");
  EXPECT_EQ(read(path_), "a file");
  const std::string link = folder_.file("link");
  ASSERT_EQ(::symlink(folder_.file("nothing").c_str(), link.c_str()), 0);
  EXPECT_EQ(refused(link), link + " is there and is no socket");
  EXPECT_THAT(refused(folder_.path()), HasSubstr("is there and is no socket"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
}

TEST_F(SocketFileTest, AFileWhereTheLockBelongsIsLeftAlone) {
  const std::string lock = path_ + ".lock";
  std::ofstream(lock) << "a file";
  EXPECT_EQ(refused(path_), "cannot listen on " + path_ + ": " + lock + " is there and no lock");
  EXPECT_EQ(read(lock), "a file");
  ASSERT_EQ(::unlink(lock.c_str()), 0);
  const std::string target = folder_.file("target");
  ASSERT_EQ(::symlink(target.c_str(), lock.c_str()), 0);
  EXPECT_THAT(refused(path_), StartsWith("cannot listen on " + path_ + ": " + lock + ": "));
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(SocketFileTest, AnotherUsersSocketIsLeftAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  leave_stale(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  const As somebody(kNobody, kNobody);
  EXPECT_EQ(refused(path_),
            "a socket is there already, and cannot be replaced: " + path_ + ": Permission denied");
  look(path_);
}

TEST_F(SocketFileTest, APlaceWhereNoneCanBeIsOneSentence) {
  EXPECT_THAT(refused(folder_.file("none/spans.sock")),
              AllOf(StartsWith("cannot listen on " + folder_.file("none/spans.sock")),
                    HasSubstr("No such file or directory")));
  EXPECT_THAT(refused("/proc/spans.sock"), StartsWith("cannot listen on /proc/spans.sock: "));
  const bool is_root = ::geteuid() == 0;
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  {
    std::optional<As> somebody;
    if (is_root) somebody.emplace(kNobody, kNobody);
    EXPECT_THAT(refused(path_), HasSubstr("Permission denied"));
  }
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
}

// 107 bytes and the NUL after them are what sockaddr_un has room for.
TEST_F(SocketFileTest, APathIsAsLongAsTheKernelAllows) {
  const std::string longest = folder_.file(std::string(107 - folder_.file("").size(), 'x'));
  const auto file = listen(longest);
  ASSERT_NE(file, nullptr) << why_;
  EXPECT_EQ(connect(longest), 0);
  EXPECT_EQ(refused(longest + 'x'),
            longest + "x is too long for the path of a socket, which has at most 107 bytes");
  EXPECT_FALSE(std::filesystem::exists(longest + "x.lock"));
}

TEST_F(SocketFileTest, ARelativePathIsFromTheWorkingFolder) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  auto file = listen("a name with spaces");
  std::filesystem::current_path(before);
  ASSERT_NE(file, nullptr) << why_;
  EXPECT_EQ(file->path(), folder_.file("a name with spaces"));
  EXPECT_EQ(connect(folder_.file("a name with spaces")), 0);
  file.reset();
  EXPECT_TRUE(folder_.is_empty()) << "wherever it is then";

  std::filesystem::current_path(folder_.path());
  file = listen("../" + std::filesystem::path(folder_.path()).filename().string() + "/./s");
  EXPECT_THAT(refused("none/s"), StartsWith("there is no folder for the socket none/s: "));
  std::filesystem::current_path(before);
  ASSERT_NE(file, nullptr) << why_;
  EXPECT_EQ(file->path(), folder_.file("s"));
}

TEST_F(SocketFileTest, ALockThatItsLastHolderRemovesBeforeItIsTakenIsTakenAnew) {
  before_locking = [this] { EXPECT_EQ(::unlink((path_ + ".lock").c_str()), 0); };
  const auto file = listen(path_);
  ASSERT_NE(file, nullptr) << why_;
  EXPECT_EQ(refused(path_), "another bridge takes spans on " + path_);
}

// In front of a socket that a killed one left, and while an earlier one ends.
TEST_F(SocketFileTest, OfThoseThatRaceForOneNameOneHasIt) {
  constexpr std::size_t kRacers = 4;
  for (int round = 0; round < 200; ++round) {
    std::unique_ptr<SocketFile> earlier;
    if (round % 2 == 0) {
      leave_stale(path_);
    } else {
      earlier = listen(path_);
    }
    std::vector<std::unique_ptr<SocketFile>> files(kRacers);
    std::vector<std::string> reasons(kRacers);
    std::barrier start(std::ptrdiff_t{kRacers} + 1);
    std::vector<std::thread> racers;
    for (std::size_t i = 0; i < kRacers; ++i) {
      racers.emplace_back([&, i] {
        start.arrive_and_wait();
        files[i] = SocketFile::listen({path_, 0600, ""}, reasons[i]);
      });
    }
    start.arrive_and_wait();
    earlier.reset();
    for (std::thread& racer : racers) racer.join();
    int winners = 0;
    for (std::size_t i = 0; i < kRacers; ++i) {
      if (files[i] != nullptr) {
        ++winners;
      } else {
        EXPECT_EQ(reasons[i], "another bridge takes spans on " + path_);
      }
    }
    if (round % 2 == 0) {
      ASSERT_EQ(winners, 1) << "in round " << round;
    } else {
      ASSERT_LE(winners, 1) << "all may have come while the earlier one was there";
    }
    EXPECT_EQ(connect(path_), winners == 1 ? 0 : ENOENT);
    files.clear();
    ASSERT_TRUE(folder_.is_empty());
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
