// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/window.h"

#include <algorithm>
#include <cassert>

namespace goxel_telemetry::metrics {
namespace {

// A slot is packed when no record was added to it for this long.
constexpr std::uint64_t kSettledSeconds = 2;

// Long enough to reach from one move of the far edges to the next, in any second c: c - 60 rounded
// up, and 55 more, is not later than c.
constexpr std::uint64_t kSettledSpan = 55;

std::uint64_t before(std::uint64_t now, std::uint64_t seconds) {
  return now > seconds ? now - seconds : 0;
}
std::uint64_t round_down(std::uint64_t second, std::uint64_t width) {
  return second / width * width;
}
std::uint64_t round_up(std::uint64_t second, std::uint64_t width) {
  return (second + width - 1) / width * width;
}

}  // namespace

std::uint64_t SlidingWindows::begin_of(Window window, std::uint64_t now) {
  const std::uint64_t begin = before(now, kWindowSeconds[static_cast<std::size_t>(window)]);
  switch (window) {
    case Window::now:
    case Window::one_minute:
      return begin;
    case Window::five_minutes:
      return round_up(begin, kWidth[1]);
    case Window::fifteen_minutes:
      break;
  }
  return round_up(begin, kWidth[2]);
}

// The first tier gives its seconds to the next tier five at a time, in those seconds in which the
// other edges move, too: see settled().
std::uint64_t SlidingWindows::tier_begin(std::size_t tier, std::uint64_t now) {
  switch (tier) {
    case 0:
      return before(settled_begin(now), kWidth[1]);
    case 1:
      return begin_of(Window::five_minutes, now);
    default:
      return begin_of(Window::fifteen_minutes, now);
  }
}

std::uint64_t SlidingWindows::settled_begin(std::uint64_t now) {
  return round_up(begin_of(Window::one_minute, now), kWidth[1]);
}

void SlidingWindows::pack(Slot& slot) {
  slot.packed = slot.tally.latency.encode();
  slot.packed.shrink_to_fit();
  packed_bytes_ += slot.packed.capacity();
  slot.tally.latency = Histogram{};
  slot.open = false;
}

void SlidingWindows::unpack(Slot& slot) {
  slot.open = true;
  if (slot.packed.empty()) return;
  [[maybe_unused]] const bool valid = slot.tally.latency.merge_encoded(slot.packed);
  assert(valid);
  packed_bytes_ -= slot.packed.capacity();
  slot.packed = {};
}

// Afterwards no pointer in open_ points to a slot that may be removed.
void SlidingWindows::pack_all() {
  for (const auto& [first, slot] : open_) pack(*slot);
  open_.clear();
  last_slot_ = nullptr;
}

void SlidingWindows::Slot::merge_into(Tally& out) const {
  out.merge(tally);
  if (packed.empty()) return;
  [[maybe_unused]] const bool valid = out.latency.merge_encoded(packed);
  assert(valid);
}

SlidingWindows::Slot& SlidingWindows::open_slot(std::size_t tier, std::uint64_t second) {
  const std::uint64_t first = round_down(second, kWidth[tier]);
  Slot& slot = tiers_[tier][first];
  if (!slot.open) {
    unpack(slot);
    open_.emplace_back(first, &slot);
  }
  return slot;
}

void SlidingWindows::find_slot(std::uint64_t second) {
  last_second_ = second;
  last_slot_ = nullptr;
  second = std::min(second, now_);
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    if (second >= tier_begin(tier, now_)) {
      if (settled_ && second < settled_->end) settled_.reset();
      last_slot_ = &open_slot(tier, second);
      return;
    }
  }
}

void SlidingWindows::pack_settled() {
  std::erase_if(open_, [this](const auto& entry) {
    if (entry.first + kSettledSeconds > now_) return false;
    pack(*entry.second);
    return true;
  });
}

void SlidingWindows::advance(std::uint64_t now) {
  if (now == now_) return;
  last_slot_ = nullptr;
  if (now < now_) {
    pack_all();
    for (auto& tier : tiers_) {
      while (!tier.empty() && tier.rbegin()->first > now) remove(tier, std::prev(tier.end()));
    }
  }
  now_ = now;
  pack_settled();
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    auto& slots = tiers_[tier];
    const std::uint64_t begin = tier_begin(tier, now);
    while (!slots.empty() && slots.begin()->first < begin) {
      auto& [first, slot] = *slots.begin();
      assert(!slot.open);
      // The slot goes directly to the tier to which it belongs now; after a long pause it may
      // belong to no tier.
      if (tier + 1 < kTiers && first >= tier_begin(kTiers - 1, now)) {
        slot.merge_into(open_slot(tier + 1, first).tally);
      }
      remove(slots, slots.begin());
    }
    pack_settled();
  }
}

void SlidingWindows::remove(Slots& slots, Slots::iterator slot) {
  packed_bytes_ -= slot->second.packed.capacity();
  slots.erase(slot);
}

void SlidingWindows::forget_before(std::uint64_t second) {
  assert(second % kWidestSlot == 0);
  pack_all();
  settled_.reset();
  for (Slots& slots : tiers_) {
    while (!slots.empty() && slots.begin()->first < second) remove(slots, slots.begin());
  }
}

const SlidingWindows::Settled& SlidingWindows::settled() {
  const std::uint64_t begin = settled_begin(now_);
  // In the first minute after the machine's start no part of the minute is settled.
  const std::uint64_t end = begin + kSettledSpan <= now_ ? begin + kSettledSpan : begin;
  if (settled_ && settled_->end == end) return *settled_;
  settled_.emplace(Settled{begin, end, {}, {}, {}});
  const auto& seconds = tiers_[0];
  const auto last = seconds.lower_bound(end);
  for (auto slot = seconds.lower_bound(begin); slot != last; ++slot) {
    slot->second.merge_into(settled_->one_minute);
  }
  const std::uint64_t five_minutes = begin_of(Window::five_minutes, now_);
  for (std::size_t tier = 1; tier < kTiers; ++tier) {
    for (const auto& [first, slot] : tiers_[tier]) {
      slot.merge_into(first >= five_minutes ? settled_->five_minutes : settled_->fifteen_minutes);
    }
  }
  return *settled_;
}

Tally SlidingWindows::between(std::uint64_t begin, std::uint64_t end) const {
  Tally sum;
  const Slots& seconds = tiers_[0];
  for (auto at = seconds.lower_bound(begin); at != seconds.end() && at->first < end; ++at)
    at->second.merge_into(sum);
  return sum;
}

WindowTallies SlidingWindows::totals() {
  WindowTallies totals;
  auto& [last_second, one_minute, five_minutes, fifteen_minutes] = totals;
  const Settled& known = settled();
  one_minute = known.one_minute;
  for (const auto& [second, slot] : tiers_[0]) {
    if (second >= now_) continue;
    if (second >= begin_of(Window::now, now_)) slot.merge_into(last_second);
    if (second >= known.begin && second < known.end) continue;
    slot.merge_into(second >= begin_of(Window::one_minute, now_) ? one_minute : five_minutes);
  }
  five_minutes.merge(one_minute);
  five_minutes.merge(known.five_minutes);
  fifteen_minutes.merge(five_minutes);
  fifteen_minutes.merge(known.fifteen_minutes);
  // The next record must go through find_slot(), which knows whether it changes settled sums.
  last_slot_ = nullptr;
  return totals;
}

bool SlidingWindows::empty() const {
  return std::all_of(tiers_.begin(), tiers_.end(), [](const auto& slots) { return slots.empty(); });
}

std::size_t SlidingWindows::memory_bytes() const {
  constexpr std::size_t kNode = 32;  // of a map's node: three pointers and a colour
  std::size_t bytes = sizeof *this + open_.capacity() * sizeof open_[0] + packed_bytes_;
  for (const Slots& slots : tiers_) bytes += slots.size() * (kNode + sizeof *slots.begin());
  for (const auto& [first, slot] : open_) bytes += slot->tally.latency.bucket_bytes();
  if (settled_) {
    bytes += settled_->one_minute.latency.bucket_bytes() +
             settled_->five_minutes.latency.bucket_bytes() +
             settled_->fifteen_minutes.latency.bucket_bytes();
  }
  return bytes;
}

}  // namespace goxel_telemetry::metrics
