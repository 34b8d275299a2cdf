// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/window.h"

#include <algorithm>
#include <cassert>
#include <functional>

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

// The first tier gives its seconds up five at a time, so that coarse() changes only then.
std::uint64_t SlidingWindows::tier_begin(std::size_t tier, std::uint64_t now) {
  switch (tier) {
    case 0:
      return round_down(begin_of(Window::one_minute, now), kWidth[1]);
    case 1:
      return begin_of(Window::five_minutes, now);
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
      if (tier > 0) coarse_.reset();
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
    coarse_.reset();
  }
  now_ = now;
  pack_settled();
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    auto& slots = tiers_[tier];
    const std::uint64_t begin = tier_begin(tier, now);
    while (!slots.empty() && slots.begin()->first < begin) {
      coarse_.reset();
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

const SlidingWindows::Coarse& SlidingWindows::coarse() {
  const std::uint64_t five_minutes = begin_of(Window::five_minutes, now_);
  const std::uint64_t fifteen_minutes = begin_of(Window::fifteen_minutes, now_);
  if (coarse_ && coarse_->five_minutes_begin == five_minutes &&
      coarse_->fifteen_minutes_begin == fifteen_minutes) {
    return *coarse_;
  }
  coarse_.emplace(Coarse{five_minutes, fifteen_minutes, {}, {}});
  for (const auto& slots : {std::cref(tiers_[1]), std::cref(tiers_[2])}) {
    for (const auto& [first, slot] : slots.get()) {
      slot.merge_into(first >= five_minutes ? coarse_->five_minutes : coarse_->before);
    }
  }
  return *coarse_;
}

WindowTallies SlidingWindows::totals() {
  WindowTallies totals;
  auto& [last_second, one_minute, five_minutes, fifteen_minutes] = totals;
  for (const auto& [second, slot] : tiers_[0]) {
    if (second >= now_) continue;
    if (second >= begin_of(Window::now, now_)) slot.merge_into(last_second);
    slot.merge_into(second >= begin_of(Window::one_minute, now_) ? one_minute : five_minutes);
  }
  five_minutes.merge(one_minute);
  five_minutes.merge(coarse().five_minutes);
  fifteen_minutes.merge(five_minutes);
  fifteen_minutes.merge(coarse().before);
  return totals;
}

bool SlidingWindows::empty() const {
  return std::all_of(tiers_.begin(), tiers_.end(), [](const auto& slots) { return slots.empty(); });
}

std::size_t SlidingWindows::memory_bytes() const {
  std::size_t bytes = sizeof *this + open_.capacity() * sizeof open_[0];
  if (coarse_) {
    bytes += coarse_->five_minutes.latency.bucket_bytes() + coarse_->before.latency.bucket_bytes();
  }
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
