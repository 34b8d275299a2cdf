// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/clock.h"

#include <cstring>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <fcntl.h>
#include <unistd.h>

namespace goxel_telemetry::shm {

constinit std::atomic<GetTime*> get_time{&clock_gettime};

namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t scale(std::uint64_t ticks, std::uint64_t ns_per_tick_q32) {
  const Wide ns = (static_cast<Wide>(ticks) * ns_per_tick_q32) >> 32;
  return ns > UINT64_MAX ? UINT64_MAX : static_cast<std::uint64_t>(ns);
}

#if defined(__x86_64__)
bool tsc_is_invariant() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007u, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}

// The kernel watches the TSC and stops using it when it finds it unreliable. On a virtual machine
// the kernel's clock is derived from the TSC but has another name.
bool kernel_trusts_tsc() {
  const int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                      O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char name[32] = {};
  const ssize_t size = read(fd, name, sizeof name - 1);
  close(fd);
  if (size <= 0) return false;
  for (const char* trusted : {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"}) {
    if (std::strncmp(name, trusted, std::strlen(trusted)) == 0) return true;
  }
  return false;
}
#endif

}  // namespace

ClockSource best_clock_source() {
#if defined(__x86_64__)
  if (tsc_is_invariant() && kernel_trusts_tsc()) return ClockSource::tsc;
#endif
  return ClockSource::monotonic;
}

std::uint64_t Calibration::to_ns(std::uint64_t ticks) const {
  if (ticks >= anchor_ticks) {
    const std::uint64_t after = scale(ticks - anchor_ticks, ns_per_tick_q32);
    return after > UINT64_MAX - anchor_ns ? UINT64_MAX : anchor_ns + after;
  }
  const std::uint64_t before = scale(anchor_ticks - ticks, ns_per_tick_q32);
  return before > anchor_ns ? 0 : anchor_ns - before;
}

std::uint64_t Calibration::duration_ns(std::uint64_t ticks) const {
  return scale(ticks, ns_per_tick_q32);
}

// The same protocol as a slot's (docs/shm-format.md): an odd sequence first, then release stores,
// then an even sequence.
void store(CalibrationBlock& block, const Calibration& value) {
  const std::uint64_t sequence = block.sequence.load(std::memory_order_relaxed);
  block.sequence.store(sequence + 1, std::memory_order_relaxed);
  block.anchor_ticks.store(value.anchor_ticks, std::memory_order_release);  // pair with load()
  block.anchor_ns.store(value.anchor_ns, std::memory_order_release);
  block.ns_per_tick_q32.store(value.ns_per_tick_q32, std::memory_order_release);
  block.error_ppb.store(value.error_ppb, std::memory_order_release);
  block.corrections.store(value.corrections, std::memory_order_release);
  block.sequence.store(sequence + 2, std::memory_order_release);
}

bool load(const CalibrationBlock& block, Calibration& out) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::uint64_t before = block.sequence.load(std::memory_order_acquire);
    const Calibration copy{block.anchor_ticks.load(std::memory_order_acquire),
                           block.anchor_ns.load(std::memory_order_acquire),
                           block.ns_per_tick_q32.load(std::memory_order_acquire),
                           block.error_ppb.load(std::memory_order_acquire),
                           block.corrections.load(std::memory_order_acquire)};
    if (before % 2 == 0 && block.sequence.load(std::memory_order_relaxed) == before) {
      out = copy;
      return true;
    }
  }
  return false;
}

Calibrator::Calibrator(ClockSource source) : source_(source) {}

Calibrator::Reading Calibrator::read_pair(ClockSource source) {
  Reading best{0, 0, UINT64_MAX};
  for (int attempt = 0; attempt < 16; ++attempt) {
    const std::uint64_t before = read_ticks(source);
    const std::uint64_t ns = monotonic_ns();
    const std::uint64_t after = read_ticks(source);
    if (after - before < best.width_ns) best = {before + (after - before) / 2, ns, after - before};
  }
  return best;  // the width is in ticks: too large as ns for any clock faster than 1 GHz
}

Calibration Calibrator::start(std::uint64_t baseline_ns) {
  const Calibration first = refresh();
  if (source_ == ClockSource::monotonic) return first;  // the identity: exact at any age
  for (int step = 0; step < kMostSteps; ++step) {
    if (monotonic_ns() - first.anchor_ns >= baseline_ns ||
        read_ticks(source_) - first.anchor_ticks >= kMostTicks) {
      break;
    }
  }
  return refresh();
}

Calibration Calibrator::refresh() {
  if (source_ == ClockSource::monotonic) return current_;
  return refresh(read_pair(source_));
}

Calibration Calibrator::refresh(const Reading& reading) {
  // Two good clocks stay within NTP's slew (500 ppm) of each other, and readings stay within their
  // width.
  if (count_ > 1) {
    const std::uint64_t expected = current_.to_ns(reading.ticks);
    const std::uint64_t apart =
        expected > reading.ns ? expected - reading.ns : reading.ns - expected;
    const std::uint64_t passed =
        reading.ns > readings_[newest_].ns ? reading.ns - readings_[newest_].ns : 0;
    const bool backwards = reading.ticks <= readings_[newest_].ticks;
    if (backwards || apart > passed / 1000 + 10'000) {
      ++current_.corrections;
      count_ = 0;
    }
  }
  newest_ = count_ == 0 ? 0 : (newest_ + 1) % kReadings;
  readings_[newest_] = reading;
  if (count_ < kReadings) ++count_;
  current_.anchor_ticks = reading.ticks;
  current_.anchor_ns = reading.ns;
  if (count_ > 1) {
    const Reading& oldest = readings_[(newest_ + kReadings - (count_ - 1)) % kReadings];
    const std::uint64_t ticks = reading.ticks - oldest.ticks;
    const std::uint64_t ns = reading.ns - oldest.ns;
    if (ticks != 0 && ns != 0) {
      current_.ns_per_tick_q32 =
          static_cast<std::uint64_t>(((static_cast<Wide>(ns) << 32) + ticks / 2) / ticks);
      current_.error_ppb = static_cast<std::uint64_t>(
          static_cast<Wide>(reading.width_ns + oldest.width_ns) * 1'000'000'000u / ns);
    }
  }
  return current_;
}

}  // namespace goxel_telemetry::shm
