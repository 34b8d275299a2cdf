// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/window.h"

#include <algorithm>
#include <cassert>

namespace goxel_telemetry::metrics {
namespace {

// A slot that no record has gone to for this long is packed.
constexpr std::uint64_t kSettledSeconds = 2;

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

// Each begin is a multiple of the next tier's width, so that a slot goes over whole.
std::uint64_t SlidingWindows::tier_begin(std::size_t tier, std::uint64_t now) {
  switch (tier) {
    case 0:
      return round_down(begin_of(Window::one_minute, now), kWidth[1]);
    case 1:
      return round_down(begin_of(Window::five_minutes, now), kWidth[2]);
    default:
      return begin_of(Window::fifteen_minutes, now);
  }
}

void SlidingWindows::Slot::pack() {
  packed = tally.latency.encode();
  packed.shrink_to_fit();
  tally.latency = Histogram{};
  open = false;
}

void SlidingWindows::Slot::unpack() {
  open = true;
  if (packed.empty()) return;
  [[maybe_unused]] const bool sound = tally.latency.merge_encoded(packed);
  assert(sound);
  packed = {};
}

void SlidingWindows::Slot::merge_into(Tally& out) const {
  out.merge(tally);
  if (packed.empty()) return;
  [[maybe_unused]] const bool sound = out.latency.merge_encoded(packed);
  assert(sound);
}

SlidingWindows::Slot& SlidingWindows::open_slot(std::size_t tier, std::uint64_t second) {
  const std::uint64_t first = round_down(second, kWidth[tier]);
  Slot& slot = tiers_[tier][first];
  if (!slot.open) {
    slot.unpack();
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
      last_slot_ = &open_slot(tier, second);
      return;
    }
  }
}

void SlidingWindows::pack_settled() {
  std::erase_if(open_, [this](const auto& entry) {
    if (entry.first + kSettledSeconds > now_) return false;
    entry.second->pack();
    return true;
  });
}

void SlidingWindows::advance(std::uint64_t now) {
  if (now == now_) return;
  last_slot_ = nullptr;
  if (now < now_) {
    // Everything closed first: then nothing in open_ can point to a slot that goes.
    for (const auto& [first, slot] : open_) slot->pack();
    open_.clear();
    for (auto& tier : tiers_) tier.erase(tier.upper_bound(now), tier.end());
  }
  now_ = now;
  pack_settled();
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    auto& slots = tiers_[tier];
    const std::uint64_t begin = tier_begin(tier, now);
    while (!slots.empty() && slots.begin()->first < begin) {
      auto& [first, slot] = *slots.begin();
      assert(!slot.open);
      // Straight to where it belongs now: after a long sleep that may be no tier at all.
      if (tier + 1 < kTiers && first >= tier_begin(kTiers - 1, now)) {
        slot.merge_into(open_slot(tier + 1, first).tally);
      }
      slots.erase(slots.begin());
    }
    pack_settled();
  }
}

std::array<Tally, kWindowCount> SlidingWindows::totals() const {
  std::array<Tally, kWindowCount> totals;
  Tally sum;
  std::size_t window = 0;
  const auto reaches = [&](std::uint64_t first) {
    return first >= begin_of(static_cast<Window>(window), now_);
  };
  // From the newest to the oldest: each window is the one before it and what lies further back.
  for (const auto& slots : tiers_) {
    for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
      if (slot->first >= now_) continue;
      while (window < kWindowCount && !reaches(slot->first)) totals[window++] = sum;
      if (window == kWindowCount) return totals;
      slot->second.merge_into(sum);
    }
  }
  while (window < kWindowCount) totals[window++] = sum;
  return totals;
}

bool SlidingWindows::empty() const {
  return std::all_of(tiers_.begin(), tiers_.end(), [](const auto& slots) { return slots.empty(); });
}

std::size_t SlidingWindows::memory_bytes() const {
  std::size_t bytes = sizeof *this + open_.capacity() * sizeof open_[0];
  for (const auto& slots : tiers_) {
    for (const auto& [first, slot] : slots) {
      constexpr std::size_t kNode = 32;  // of the map: three pointers and a colour
      bytes += kNode + sizeof first + sizeof slot + slot.packed.capacity() +
               slot.tally.latency.bucket_bytes();
    }
  }
  return bytes;
}

}  // namespace goxel_telemetry::metrics
