// SPDX-License-Identifier: GPL-3.0-or-later
// The property, under real concurrency: every record that was ever published is delivered to every
// reader once, whole and in lane order, or is counted as lost; however fast, stalled or dead the
// readers are, and however often lanes change hands.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/shm/child.h"
#include "tests/shm/soak.h"

namespace goxel_telemetry::shm {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kShortRun = 2000ms;

void expect_all_accounted(const CheckingReader::Report& report, std::uint64_t published) {
  std::cout << published << " published: " << report.began_at << " before, " << report.records
            << " delivered, " << report.lost << " lost\n";
  EXPECT_EQ(report.wrong, 0u);
  EXPECT_EQ(report.accounted(), published);
  EXPECT_GT(report.records, 0u);
}

// Also under ThreadSanitizer: everything in one process.
TEST(Soak, ThreadsGetEachRecordOnceOrCountItLost) {
  const TestInstance instance;
  const Created created = create_segment(soak_options(instance.name()));
  ASSERT_EQ(created.outcome, CreateOutcome::created) << created.message;

  std::atomic<bool> ended{false};
  std::atomic<bool> lapped{false};  // any reader: or the test tests little
  const std::vector<std::chrono::microseconds> pauses = {0us, 100us, 20ms, 300ms};
  std::vector<CheckingReader::Report> reports(pauses.size());
  std::vector<std::thread> readers;
  Producers producers(created.mapping->bytes(), 3);
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    readers.emplace_back([&, i] {
      CheckingReader reader(instance.name());
      while (!ended.load(std::memory_order_acquire)) {
        reader.sweep();
        if (reader.report().lost != 0) lapped = true;
        std::this_thread::sleep_for(pauses[i]);
      }
      reader.sweep_to_the_end();
      reports[i] = reader.report();
    });
  }
  std::this_thread::sleep_for(soak_time(kShortRun));
  for (const auto limit = Clock::now() + 60s; !lapped && Clock::now() < limit;) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_TRUE(lapped);
  const std::uint64_t published = producers.stop();
  ended.store(true, std::memory_order_release);
  for (std::thread& reader : readers) reader.join();

  for (const CheckingReader::Report& report : reports) expect_all_accounted(report, published);
}

// A reader of its own process, that sweeps without a pause until it is told that all is published.
std::unique_ptr<Child> reader_process(const std::string& instance) {
  return std::make_unique<Child>([instance](Child::Pipe& pipe) {
    CheckingReader reader(instance);
    pipe.tell('r');
    while (!pipe.told()) reader.sweep();
    reader.sweep_to_the_end();
    pipe.tell(reader.report());
  });
}

TEST(Soak, ProcessesThatAreStoppedKilledAndResumedAccountForAll) {
  const TestInstance instance;
  Child producer([&](Child::Pipe& pipe) {
    const Created created = create_segment(soak_options(instance.name()));
    if (created.outcome != CreateOutcome::created) return;
    Producers producers(created.mapping->bytes(), 3);
    pipe.tell('r');
    pipe.wait();
    pipe.tell(producers.stop());
    pipe.wait();
  });
  producer.hear<char>();

  const auto steady = reader_process(instance.name());
  const auto stalled = reader_process(instance.name());
  auto mortal = reader_process(instance.name());
  for (Child* child : {steady.get(), stalled.get(), mortal.get()}) child->hear<char>();
  const auto end = Clock::now() + soak_time(kShortRun);
  while (Clock::now() < end) {
    ::kill(stalled->pid(), SIGSTOP);
    std::this_thread::sleep_for(50ms);
    ::kill(stalled->pid(), SIGCONT);
    mortal->kill();
    mortal->reap();
    mortal = reader_process(instance.name());
    mortal->hear<char>();
    std::this_thread::sleep_for(20ms);
  }
  producer.go_on();
  const auto published = producer.hear<std::uint64_t>();
  for (Child* child : {steady.get(), stalled.get(), mortal.get()}) {
    child->go_on();
    expect_all_accounted(child->hear<CheckingReader::Report>(), published);
  }
}

}  // namespace
}  // namespace goxel_telemetry::shm
