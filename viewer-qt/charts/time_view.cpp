// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/time_view.h"

#include <algorithm>
#include <cmath>

namespace goxel_telemetry::viewer {

void TimeView::show(const metrics::TimeStretch& stretch, bool live) {
  if (stretch.end_ns <= stretch.begin_ns || (stretch == shown_ && live == live_)) return;
  // The pointer rests on a place of the screen, not on a moment.
  const std::uint64_t old_length = shown_.end_ns - shown_.begin_ns;
  if (cursor_ && live && live_ && stretch.end_ns - stretch.begin_ns == old_length) {
    *cursor_ += stretch.end_ns - shown_.end_ns;
  }
  shown_ = stretch;
  live_ = live;
  Q_EMIT shown_changed();
}

void TimeView::point_at(std::optional<std::uint64_t> realtime_ns) {
  if (realtime_ns == cursor_) return;
  cursor_ = realtime_ns;
  Q_EMIT cursor_changed();
}

void TimeView::pin(std::uint64_t realtime_ns) {
  if (first_pin_ && !second_pin_) {
    second_pin_ = realtime_ns;
  } else {
    first_pin_ = realtime_ns;
    second_pin_.reset();
  }
  Q_EMIT cursor_changed();
}

bool TimeView::unpin() {
  if (!first_pin_) return false;
  first_pin_.reset();
  second_pin_.reset();
  Q_EMIT cursor_changed();
  return true;
}

void TimeView::drag(std::optional<metrics::TimeStretch> band) {
  if (band == band_) return;
  band_ = band;
  Q_EMIT cursor_changed();
}

void TimeView::set_outline(std::optional<metrics::TimeStretch> stretch) {
  if (stretch == outline_) return;
  outline_ = stretch;
  Q_EMIT cursor_changed();
}

void TimeView::need_label_room(int pixels) {
  if (pixels <= label_room_) return;
  label_room_ = pixels;
  Q_EMIT label_room_changed();
}

void TimeView::zoom(double factor, std::uint64_t around_ns) {
  const auto length = static_cast<double>(shown_.end_ns - shown_.begin_ns);
  const double wanted_length = std::clamp(length * factor, static_cast<double>(kShortestNs),
                                          static_cast<double>(kLongestNs));
  if (wanted_length == length) return;
  if (live_) {
    Q_EMIT live_length_wanted(static_cast<std::uint64_t>(wanted_length));
    return;
  }
  const std::uint64_t around = std::clamp(around_ns, shown_.begin_ns, shown_.end_ns);
  const auto before = static_cast<std::uint64_t>(static_cast<double>(around - shown_.begin_ns) *
                                                 wanted_length / length);
  const std::uint64_t begin = around - std::min(before, around);
  Q_EMIT wanted({begin, begin + static_cast<std::uint64_t>(wanted_length)}, false);
}

void TimeView::pan(double part) {
  const std::uint64_t length = shown_.end_ns - shown_.begin_ns;
  const auto by = static_cast<std::uint64_t>(static_cast<double>(length) * std::abs(part));
  const std::uint64_t begin =
      part < 0 ? shown_.begin_ns - std::min(by, shown_.begin_ns) : shown_.begin_ns + by;
  Q_EMIT wanted({begin, begin + length}, false);
}

void TimeView::choose(const metrics::TimeStretch& stretch) {
  metrics::TimeStretch wide = stretch;
  if (wide.end_ns - wide.begin_ns < kShortestNs) {
    const std::uint64_t middle = wide.begin_ns + (wide.end_ns - wide.begin_ns) / 2;
    wide.begin_ns = middle - std::min(kShortestNs / 2, middle);
    wide.end_ns = wide.begin_ns + kShortestNs;
  }
  Q_EMIT wanted(wide, true);
}

}  // namespace goxel_telemetry::viewer
