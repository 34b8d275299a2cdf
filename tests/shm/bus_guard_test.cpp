// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/bus_guard.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "tests/shm/child.h"

namespace goxel_telemetry::shm {
namespace {

// Files of two pages each, mapped one right behind the other.
class BusGuards : public testing::Test {
 protected:
  static constexpr std::size_t kFiles = 3;
  static constexpr std::size_t kBytes = 8192;

  BusGuards() {
    void* const room =
        mmap(nullptr, kFiles * kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    begin_ = static_cast<char*>(room);
    for (std::size_t i = 0; i < kFiles; ++i) {
      files_[i] = memfd_create("bus-guard-test", MFD_CLOEXEC);
      if (ftruncate(files_[i], kBytes) != 0) ADD_FAILURE();
      mmap(begin(i), kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, files_[i], 0);
      std::memset(begin(i), 'a' + static_cast<int>(i), kBytes);
    }
  }
  ~BusGuards() override {
    munmap(begin_, kFiles * kBytes);
    for (const int file : files_) close(file);
  }

  char* begin(std::size_t file) const { return begin_ + file * kBytes; }
  void cut(std::size_t file, off_t left) const { EXPECT_EQ(ftruncate(files_[file], left), 0); }
  // Not kept in a register, whatever the compiler knows of it.
  char at(std::size_t file, std::size_t offset) const {
    return *static_cast<volatile char*>(begin(file) + offset);
  }

  char* begin_;
  std::array<int, kFiles> files_{};
};

TEST_F(BusGuards, ReadZerosInAllOfAFileThatShrankAndLeaveItsNeighboursAlone) {
  const BusGuard first(begin(0), kBytes);
  const BusGuard second(begin(1), kBytes);
  const BusGuard third(begin(2), kBytes - 1);  // a page that is begun counts whole
  cut(1, 0);
  EXPECT_EQ(at(1, 0), '\0');
  EXPECT_EQ(at(1, kBytes - 1), '\0');
  EXPECT_EQ(at(0, kBytes - 1), 'a');
  EXPECT_EQ(at(2, 0), 'c');
  cut(2, 4096);
  EXPECT_EQ(at(2, 0), 'c') << "not touched yet where it is gone";
  EXPECT_EQ(at(2, kBytes - 1), '\0');
  EXPECT_EQ(at(2, 0), '\0') << "the whole mapping goes at once";
  EXPECT_EQ(at(0, 0), 'a');
}

TEST_F(BusGuards, LeaveWhatLiesBehindThemAloneThoughItWasGuardedFirst) {
  const BusGuard later(begin(2), kBytes);
  const BusGuard earlier(begin(0), kBytes);
  cut(0, 0);
  EXPECT_EQ(at(0, 0), '\0');
  EXPECT_EQ(at(2, 0), 'c');
}

// A bridge has two for each instance, a reader of a sweep more; all files may shrink at once.
TEST_F(BusGuards, AreAsManyAsThereAreMappings) {
  constexpr std::size_t kMany = 300;
  char* const room = static_cast<char*>(
      mmap(nullptr, kMany * kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::vector<int> files;
  std::vector<std::unique_ptr<BusGuard>> guards;
  for (std::size_t i = 0; i < kMany; ++i) {
    files.push_back(memfd_create("bus-guard-test", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(files.back(), kBytes), 0);
    mmap(room + i * kBytes, kBytes, PROT_READ, MAP_SHARED | MAP_FIXED, files.back(), 0);
    guards.push_back(std::make_unique<BusGuard>(room + i * kBytes, kBytes));
  }
  for (const int file : files) ASSERT_EQ(ftruncate(file, 0), 0);
  Child child([&](Child::Pipe&) {
    std::vector<std::thread> readers;
    for (std::size_t first = 0; first < 3; ++first) {
      readers.emplace_back([&, first] {
        for (std::size_t i = first; i < kMany; i += 3) {
          if (*static_cast<volatile char*>(room + i * kBytes) != 0) std::_Exit(1);
        }
      });
    }
    for (std::thread& reader : readers) reader.join();
  });
  EXPECT_EQ(child.reap(), 0);
  guards.clear();
  munmap(room, kMany * kBytes);
  for (const int file : files) close(file);
}

TEST_F(BusGuards, LeaveTheSignalToTheProcessWhereTheyGuardNothing) {
  for (const bool guarded : {false, true}) {
    Child child([&](Child::Pipe&) {
      const auto guard = std::make_unique<BusGuard>(begin(0), kBytes);
      auto ended = std::make_unique<BusGuard>(begin(1), kBytes);
      if (!guarded) ended.reset();
      cut(1, 0);
      static_cast<void>(at(1, 0));
    });
    EXPECT_EQ(child.reap() == 0, guarded);
    EXPECT_EQ(ftruncate(files_[1], kBytes), 0);
  }
}

}  // namespace
}  // namespace goxel_telemetry::shm
