// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

namespace goxel_telemetry::shm {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// --- Calibration: ticks to nanoseconds ---

TEST(Calibration, IsTheIdentityByDefault) {
  const Calibration identity;
  EXPECT_EQ(identity.to_ns(0), 0u);
  EXPECT_EQ(identity.to_ns(12'345), 12'345u);
  EXPECT_EQ(identity.to_ns(UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(identity.duration_ns(UINT64_MAX), UINT64_MAX);
}

TEST(Calibration, MapsTicksBeforeAndAfterTheAnchor) {
  Calibration two_ghz;
  two_ghz.anchor_ticks = 1'000'000;
  two_ghz.anchor_ns = 5'000;
  two_ghz.ns_per_tick_q32 = std::uint64_t{1} << 31;
  EXPECT_EQ(two_ghz.to_ns(1'000'000), 5'000u);
  EXPECT_EQ(two_ghz.to_ns(1'000'200), 5'100u);
  EXPECT_EQ(two_ghz.to_ns(999'800), 4'900u);
  EXPECT_EQ(two_ghz.duration_ns(200), 100u);
}

TEST(Calibration, SaturatesInsteadOfWrapping) {
  Calibration steep;
  steep.anchor_ticks = 1'000;
  steep.anchor_ns = 10;
  steep.ns_per_tick_q32 = UINT64_MAX;
  EXPECT_EQ(steep.to_ns(0), 0u);
  EXPECT_EQ(steep.to_ns(UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(steep.duration_ns(UINT64_MAX), UINT64_MAX);
  steep.anchor_ns = UINT64_MAX - 1;
  EXPECT_EQ(steep.to_ns(1'001), UINT64_MAX);
}

TEST(Calibration, OfZeroSlopeIsConstant) {
  Calibration stopped;
  stopped.anchor_ns = 77;
  stopped.ns_per_tick_q32 = 0;
  EXPECT_EQ(stopped.to_ns(UINT64_MAX), 77u);
}

// --- the block in the segment ---

TEST(CalibrationBlock, GivesBackWhatWasStored) {
  CalibrationBlock block{};
  store(block, {1, 2, 3, 4, 5});
  Calibration out;
  ASSERT_TRUE(load(block, out));
  EXPECT_EQ(out.anchor_ticks, 1u);
  EXPECT_EQ(out.anchor_ns, 2u);
  EXPECT_EQ(out.ns_per_tick_q32, 3u);
  EXPECT_EQ(out.error_ppb, 4u);
  EXPECT_EQ(out.corrections, 5u);
  EXPECT_EQ(block.sequence.load(), 2u);
}

TEST(CalibrationBlock, LeftOddByADeadWriterIsNotLoaded) {
  CalibrationBlock block{};
  store(block, {1, 2, 3, 4, 5});
  block.sequence.store(3);
  Calibration out{9, 9, 9, 9, 9};
  EXPECT_FALSE(load(block, out));
  EXPECT_EQ(out.anchor_ticks, 9u);
}

// --- Calibrator: readings given by hand ---

// A TSC of `ghz` against a CLOCK_MONOTONIC, read once a second.
class FakeClocks {
 public:
  explicit FakeClocks(double ghz) : ghz_(ghz) {}
  Calibrator::Reading after(std::uint64_t ns, std::uint64_t width_ns = 40) {
    ns_ += ns;
    ticks_ += std::llround(static_cast<double>(ns) * ghz_);
    return {static_cast<std::uint64_t>(ticks_), ns_, width_ns};
  }
  void jump_ticks(long long by) { ticks_ += by; }
  void set_ghz(double ghz) { ghz_ = ghz; }
  std::uint64_t ns() const { return ns_; }
  std::uint64_t ticks() const { return static_cast<std::uint64_t>(ticks_); }

 private:
  double ghz_;
  std::uint64_t ns_ = 7'000 * kSecond;
  long long ticks_ = 123'456'789;
};

double slope(const Calibration& calibration) {
  return static_cast<double>(calibration.ns_per_tick_q32) / 4294967296.0;
}

TEST(Calibrator, IsExactToATenthOfAPartInAMillionAfterItsReadings) {
  FakeClocks clocks(2.59);
  Calibrator calibrator(ClockSource::tsc);
  Calibration calibration;
  for (int second = 0; second < 17; ++second)
    calibration = calibrator.refresh(clocks.after(kSecond));
  EXPECT_NEAR(slope(calibration) * 2.59, 1.0, 1e-7);
  EXPECT_LT(calibration.error_ppb, 100u);
  EXPECT_EQ(calibration.corrections, 0u);
  // A second on, a time is right within a tenth of a microsecond.
  clocks.after(kSecond);
  EXPECT_NEAR(
      static_cast<double>(calibration.to_ns(clocks.ticks())) - static_cast<double>(clocks.ns()), 0,
      100);
}

#if defined(__x86_64__)
// How often the clock below was read.
int readings = 0;
int clock_that_stands_still(clockid_t, timespec* out) {
  ++readings;
  *out = {1000, 0};
  return 0;
}

TEST(Calibrator, DoesNotWaitForAClockThatStandsStill) {
  use_clock(clock_that_stands_still);
  readings = 0;
  Calibrator(ClockSource::tsc).start(2'000'000);
  use_clock(clock_gettime);
  EXPECT_GT(readings, 0);
  EXPECT_LE(readings, Calibrator::kMostSteps + 100) << "readings of pairs are the rest";
}
#endif

TEST(Calibrator, StatesItsErrorFromTheWidthOfItsReadings) {
  FakeClocks clocks(1.0);
  Calibrator calibrator(ClockSource::tsc);
  calibrator.refresh(clocks.after(0, 60));
  const Calibration calibration = calibrator.refresh(clocks.after(kSecond, 40));
  EXPECT_EQ(calibration.error_ppb, 100u);  // 100 ns in a second
}

// 2/3 ns a tick: 2863311530.67 of 2^32 parts.
TEST(Calibrator, RoundsItsSlopeToTheNearest) {
  FakeClocks clocks(1.5);
  Calibrator calibrator(ClockSource::tsc);
  calibrator.refresh(clocks.after(0));
  EXPECT_EQ(calibrator.refresh(clocks.after(kSecond)).ns_per_tick_q32, 2'863'311'531u);
}

TEST(Calibrator, TakesNoSlopeFromAClockThatStandsStill) {
  for (const Calibrator::Reading& second :
       {Calibrator::Reading{100, 2'000, 40}, Calibrator::Reading{200, 1'000, 40}}) {
    Calibrator calibrator(ClockSource::tsc);
    calibrator.refresh({100, 1'000, 40});
    const Calibration calibration = calibrator.refresh(second);
    EXPECT_EQ(slope(calibration), 1.0);
    EXPECT_EQ(calibration.anchor_ticks, second.ticks);
    EXPECT_EQ(calibration.anchor_ns, second.ns);
  }
}

TEST(Calibrator, FollowsASlewWithinItsSixteenReadings) {
  FakeClocks clocks(2.0);
  Calibrator calibrator(ClockSource::tsc);
  for (int second = 0; second < 20; ++second) calibrator.refresh(clocks.after(kSecond));
  clocks.set_ghz(2.0 * (1 + 400e-6));  // NTP slews by up to 500 parts in a million
  Calibration calibration;
  for (int second = 0; second < 17; ++second)
    calibration = calibrator.refresh(clocks.after(kSecond));
  EXPECT_EQ(calibration.corrections, 0u);
  EXPECT_NEAR(slope(calibration) * 2.0 * (1 + 400e-6), 1.0, 1e-7);
}

TEST(Calibrator, CountsACorrectionWhenTheClocksJumpApart) {
  for (const long long jump : {60'000'000'000LL, 5'000'000LL}) {  // suspended for 30 s, for 2.5 ms
    FakeClocks clocks(2.0);
    Calibrator calibrator(ClockSource::tsc);
    for (int second = 0; second < 5; ++second) calibrator.refresh(clocks.after(kSecond));
    clocks.jump_ticks(jump);
    Calibration calibration = calibrator.refresh(clocks.after(kSecond));
    EXPECT_EQ(calibration.corrections, 1u);
    EXPECT_EQ(calibration.anchor_ticks, clocks.ticks());  // good from here on
    EXPECT_NEAR(slope(calibration) * 2.0, 1.0, 1e-6);     // not from across the jump
    for (int second = 0; second < 5; ++second) {
      calibration = calibrator.refresh(clocks.after(kSecond));
    }
    EXPECT_EQ(calibration.corrections, 1u);
    EXPECT_NEAR(slope(calibration) * 2.0, 1.0, 1e-7);
  }
}

TEST(Calibrator, CountsACorrectionWhenTicksGoBack) {
  FakeClocks clocks(2.0);
  Calibrator calibrator(ClockSource::tsc);
  for (int second = 0; second < 5; ++second) calibrator.refresh(clocks.after(kSecond));
  clocks.jump_ticks(-11'000'000'000LL);
  Calibration calibration = calibrator.refresh(clocks.after(kSecond));
  EXPECT_EQ(calibration.corrections, 1u);
  for (int second = 0; second < 5; ++second)
    calibration = calibrator.refresh(clocks.after(kSecond));
  EXPECT_EQ(calibration.corrections, 1u);
  EXPECT_NEAR(slope(calibration) * 2.0, 1.0, 1e-7);
}

// By less than the readings' width would explain: a slope from there would be wrong.
TEST(Calibrator, CountsACorrectionWhenTicksGoBackALittle) {
  FakeClocks clocks(2.0);
  Calibrator calibrator(ClockSource::tsc);
  for (int second = 0; second < 2; ++second) calibrator.refresh(clocks.after(kSecond));
  clocks.jump_ticks(-3'000);
  EXPECT_EQ(calibrator.refresh(clocks.after(1'000)).corrections, 1u);
}

TEST(Calibrator, OfTheMonotonicClockIsTheIdentity) {
  Calibrator calibrator(ClockSource::monotonic);
  for (const Calibration& calibration : {calibrator.start(0), calibrator.refresh()}) {
    EXPECT_EQ(calibration.to_ns(123), 123u);
    EXPECT_EQ(calibration.error_ppb, 0u);
  }
}

// On whatever clock this machine has: the start of a span, calibrated, lies between two readings of
// CLOCK_MONOTONIC around it, within what the calibration itself calls its error.
TEST(Calibrator, PutsRealTicksBetweenRealReadings) {
  const ClockSource source = best_clock_source();
  Calibrator calibrator(source);
  constexpr std::uint64_t kBaseline = 20'000'000;
  const Calibration calibration = calibrator.start(kBaseline);
  const std::uint64_t before = monotonic_ns();
  const std::uint64_t ticks = read_ticks(source);
  const std::uint64_t after = monotonic_ns();
  const std::uint64_t since_anchor = after - calibration.anchor_ns;
  // That of the slope, and that of the anchor: both come of the width of the readings at the ends
  // of the baseline.
  const std::uint64_t error = (kBaseline + since_anchor) * calibration.error_ppb / kSecond + 1'000;
  EXPECT_GE(calibration.to_ns(ticks) + error, before);
  EXPECT_LE(calibration.to_ns(ticks), after + error);
}

// It begins with a slope of at least that long a baseline.
TEST(Calibrator, StartsOnlyAfterItsBaseline) {
  constexpr std::uint64_t kBaseline = 3'000'000;
  Calibrator calibrator(ClockSource::tsc);
  const std::uint64_t before = monotonic_ns();
  const Calibration calibration = calibrator.start(kBaseline);
  EXPECT_GE(calibration.anchor_ns, before + kBaseline);
}

TEST(BestClockSource, IsTheTscIfTheProcessorAndTheKernelVouchForIt) {
  std::ifstream clocksource("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string kernels;
  clocksource >> kernels;
  // The kernel's name for what the processor says of an invariant TSC.
  std::ifstream cpuinfo("/proc/cpuinfo");
  const std::string cpu(std::istreambuf_iterator<char>(cpuinfo), {});
  const bool processor = cpu.find(" nonstop_tsc") != std::string::npos;
  const bool kernel =
      kernels == "tsc" || kernels == "kvm-clock" || kernels == "hyperv_clocksource_tsc_page";
  EXPECT_EQ(best_clock_source() == ClockSource::tsc, processor && kernel)
      << "clock source: " << kernels;
}

TEST(ReadTicks, NeverGoesBack) {
  const ClockSource source = best_clock_source();
  std::uint64_t last = read_ticks(source);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t now = read_ticks(source);
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace goxel_telemetry::shm
