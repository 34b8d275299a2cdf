// SPDX-License-Identifier: GPL-3.0-or-later
// What a follower says that was done in five seconds.
#include "metrics/live/tick.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "tests/metrics/test_segment.h"
#include "tests/shm/child.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class TickTest : public FollowerTest {
 protected:
  // Moves the clock to the beginning of the next tick, and sweeps in each second as the bridge does.
  std::uint64_t next_tick() {
    do {
      pass(1);
      follower_.sweep(now_);
    } while (now_.monotonic_ns / kSecond % kTickSeconds != 0);
    return now_.monotonic_ns / kSecond / kTickSeconds;
  }
  static const OperationTick* of(const Tick& tick, std::string_view operation) {
    const auto at =
        std::find_if(tick.operations.begin(), tick.operations.end(),
                     [&](const OperationTick& one) { return one.key.operation == operation; });
    return at == tick.operations.end() ? nullptr : &*at;
  }
  static std::uint64_t count(const Tick& tick, std::string_view operation) {
    const OperationTick* const one = of(tick, operation);
    return one == nullptr ? 0 : one->tally.outcomes.all();
  }
};

TEST_F(TickTest, HasTheRecordsThatEndedInItsFiveSeconds) {
  TestSegment segment(instance_);
  follower_.sweep(now_);
  const std::uint64_t number = next_tick();
  const std::uint64_t begin = now_.monotonic_ns;
  const std::uint64_t end = begin + kTickSeconds * kSecond;
  segment.publish("ping", begin - 1, 1'000);
  segment.publish("ping", begin, 2'000'000);
  segment.publish("fill", begin + kSecond, 5'000, shm::Status::error);
  follower_.sweep(now_);
  EXPECT_EQ(next_tick(), number + 1);
  segment.publish("ping", end - 1, 4'000'000);
  segment.publish("ping", end, 1'000);
  segment.publish("save", end, 1'000);
  pass(kTickClosesAfterSeconds);
  follower_.sweep(now_);
  const Tick tick = follower_.tick(number);
  EXPECT_EQ(tick.number, number);
  ASSERT_THAT(tick.operations, SizeIs(2)) << "those with records";
  ASSERT_NE(of(tick, "ping"), nullptr);
  EXPECT_EQ(of(tick, "ping")->key, (OperationKey{"2-layer", "mcp", "daemon", "ping"}));
  const Tally& ping = of(tick, "ping")->tally;
  EXPECT_EQ(ping.outcomes, (Outcomes{2, 0, 0, 0, 0}));
  EXPECT_EQ(ping.latency.min(), 2'000'000U);
  EXPECT_EQ(ping.latency.max(), 4'000'000U);
  EXPECT_EQ(of(tick, "fill")->tally.outcomes, (Outcomes{0, 1, 0, 0, 0}));
  EXPECT_EQ(count(follower_.tick(number - 1), "ping"), 1U);
  EXPECT_EQ(count(follower_.tick(number + 1), "ping"), 1U);
  EXPECT_EQ(count(follower_.tick(number + 1), "save"), 1U);
  EXPECT_THAT(follower_.tick(number + 2).operations, IsEmpty());
}

TEST_F(TickTest, OfTheLastMinuteEachIsStillThere) {
  TestSegment segment(instance_);
  follower_.sweep(now_);
  std::uint64_t first = next_tick();
  for (std::uint64_t i = 1; i <= 10; ++i) {
    for (std::uint64_t n = 0; n < i; ++n) segment.publish("ping", now_.monotonic_ns + n, 1'000);
    next_tick();
  }
  for (std::uint64_t i = 1; i <= 10; ++i, ++first)
    EXPECT_EQ(count(follower_.tick(first), "ping"), i);
}

TEST_F(TickTest, SaysWhenTheDaemonBegan) {
  follower_.sweep(now_);
  EXPECT_EQ(follower_.tick(next_tick()).daemon_began_ns, 0U) << "there was none";
  auto segment = std::make_unique<TestSegment>(instance_);
  const std::uint64_t began_ns = segment->header().created_realtime_ns;
  EXPECT_EQ(follower_.tick(next_tick()).daemon_began_ns, began_ns);
  segment->retire();
  EXPECT_EQ(follower_.tick(next_tick()).daemon_began_ns, began_ns) << "it is away";
  segment.reset();
  TestSegment again(instance_);
  next_tick();
  EXPECT_EQ(follower_.snapshot(now_).daemon.run_id, again.header().run_id);
  EXPECT_EQ(follower_.tick(next_tick()).daemon_began_ns, began_ns)
      << "the same process has made its segment anew";
  again.retire();
  const auto child = std::make_unique<shm::Child>([&](shm::Child::Pipe& pipe) {
    TestSegment other(instance_);
    other.publish("ping", now_.monotonic_ns, 1'000);
    pipe.tell(other.header().created_realtime_ns);
    pipe.wait();
  });
  const auto restarted_ns = child->hear<std::uint64_t>();
  EXPECT_NE(restarted_ns, began_ns);
  EXPECT_EQ(follower_.tick(next_tick()).daemon_began_ns, restarted_ns);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
