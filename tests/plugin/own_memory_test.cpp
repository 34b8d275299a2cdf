// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/own_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/plugin/abi_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

const std::size_t kPage = static_cast<std::size_t>(getpagesize());

// Pages of memory, none of which is present yet.
class Pages {
 public:
  Pages(std::size_t count, int kind)
      : bytes_(count * kPage),
        begin_(static_cast<std::byte*>(
            mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0))) {
    madvise(begin_, bytes_, MADV_NOHUGEPAGE);
  }
  ~Pages() { munmap(begin_, bytes_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  std::byte* page(std::size_t index) const { return begin_ + index * kPage; }
  void write(std::size_t first, std::size_t count) const {
    for (std::size_t i = first; i < first + count; ++i) {
      *const_cast<volatile std::byte*>(page(i)) = std::byte{1};
    }
  }
  Memory all() const { return {begin_, bytes_}; }

 private:
  std::size_t bytes_;
  std::byte* begin_;
};

std::uint64_t present(Memory part) {
  return present_bytes({&part, 1}) / kPage;
}

TEST(PresentBytes, AreThoseOfPagesThatWereWritten) {
  const Pages own(1000, MAP_PRIVATE);
  const Pages shared(20, MAP_SHARED);
  EXPECT_EQ(present(own.all()), 0u);
  own.write(0, 3);
  own.write(700, 40);
  shared.write(5, 7);
  EXPECT_EQ(present(own.all()), 43u);
  EXPECT_EQ(present(shared.all()), 7u);
  const Memory both[] = {own.all(), shared.all()};
  EXPECT_EQ(present_bytes(both), 50 * kPage);
  // From the middle of one page to the middle of another: both count.
  EXPECT_EQ(present({own.page(1) + kPage / 2, kPage}), 2u);
}

// Pages of the mapping that begins there which the kernel says are this process's own.
std::uint64_t own_pages(const std::byte* begin) {
  std::ifstream smaps("/proc/self/smaps");
  char address[32];
  std::snprintf(address, sizeof address, "%jx-", reinterpret_cast<std::uintmax_t>(begin));
  std::string line;
  while (std::getline(smaps, line) && !line.starts_with(address)) {
  }
  while (std::getline(smaps, line)) {
    if (line.starts_with("Anonymous:")) return std::stoull(line.substr(10)) * 1024 / kPage;
  }
  ADD_FAILURE() << "the kernel tells nothing of that mapping";
  return 0;
}

// Reading mostly gives the kernel's page of zeros, which costs nobody anything; some kernels give a page of its own, at
// least in processes that have just begun.
TEST(PresentBytes, AreNotThoseOfThePageOfZeros) {
  const Pages all(12, MAP_PRIVATE);
  // So that the mapping has no neighbours that the kernel could join with it.
  ASSERT_EQ(mprotect(all.page(0), kPage, PROT_NONE), 0);
  ASSERT_EQ(mprotect(all.page(11), kPage, PROT_NONE), 0);
  all.write(1, 1);
  for (std::size_t i = 1; i < 11; ++i) {
    EXPECT_LE(std::to_integer<int>(*const_cast<volatile std::byte*>(all.page(i))), 1);
  }
  const std::uint64_t own = own_pages(all.page(1));
  EXPECT_GE(own, 1u);
  EXPECT_EQ(present(all.all()), own);
}

TEST(PresentBytes, SkipWhatIsNotMapped) {
  const Pages pages(600, MAP_PRIVATE);
  pages.write(0, 600);
  munmap(pages.page(100), 400 * kPage);
  EXPECT_EQ(present(pages.all()), 200u);
}

std::uint64_t status_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == name + ":" && status >> kib) return kib * 1024;
  }
  return 0;
}

class OwnMemory : public Abi {
 protected:
  std::uint64_t shown() { return reader_->gauges()[shm::Gauge::telemetry_resident_bytes]; }
};

// The plugin is this whole program here, and other segments were there before.
TEST_F(OwnMemory, IsShownAsTheKernelCountsIt) {
  const std::uint64_t shared_before = status_bytes("RssShmem");
  ASSERT_EQ(activate(), 0);
  const std::uint64_t segment = status_bytes("RssShmem") - shared_before;
  watch();
  ASSERT_TRUE(wait_until([&] { return shown() != 0; }));
  EXPECT_GE(shown(), segment + own_library().size() / 10);
  EXPECT_LE(shown(), status_bytes("VmRSS"));
}

// The first lane is present from the beginning.
TEST_F(OwnMemory, GrowsWithTheLanesThatAreInUse) {
  ASSERT_EQ(activate({{"segment_size", "64"}}), 0);
  watch();
  ASSERT_TRUE(wait_until([&] { return shown() != 0; }));
  const std::uint64_t before = shown();
  plugin_.request_finished(received("ping"), GOXEL_STATUS_OK, 0);
  // Threads that live at once; the 64 MiB have four lanes of 32,768 slots of 64 bytes.
  bool shown_in_time = false;
  std::thread([&] {
    plugin_.request_finished(received("ping"), GOXEL_STATUS_OK, 0);
    constexpr std::uint64_t kLane = std::uint64_t{32'768} * 64;
    shown_in_time = wait_until([&] { return shown() >= before + kLane - kPage; });
  }).join();
  EXPECT_TRUE(shown_in_time) << shown() - before;
}

}  // namespace
}  // namespace goxel_telemetry::plugin
