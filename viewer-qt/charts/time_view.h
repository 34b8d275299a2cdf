// SPDX-License-Identifier: GPL-3.0-or-later
// The clock that all charts share: which time they show and where it begins, where the cross-hair stands, and what is pinned. A mouse over
// one chart moves the cross-hair of all.
#pragma once

#include <QObject>
#include <cstdint>
#include <optional>

#include "metrics/time.h"

namespace goxel_telemetry::viewer {

class TimeView : public QObject {
  Q_OBJECT
 public:
  static constexpr std::uint64_t kShortestNs = 5 * metrics::kNsPerSecond;
  static constexpr std::uint64_t kLongestNs = 400 * std::uint64_t{86'400} * metrics::kNsPerSecond;

  using QObject::QObject;

  // What is on the screen, CLOCK_REALTIME. `live`: it ends now, and moves with the time.
  const metrics::TimeStretch& shown() const { return shown_; }
  bool is_live() const { return live_; }
  void show(const metrics::TimeStretch& stretch, bool live);

  // Where the cross-hair stands; empty: nowhere.
  std::optional<std::uint64_t> cursor() const { return cursor_; }
  void point_at(std::optional<std::uint64_t> realtime_ns);

  // A first pin holds the reading; with a second one, charts measure from the first to the second; a third begins anew.
  std::optional<std::uint64_t> first_pin() const { return first_pin_; }
  std::optional<std::uint64_t> second_pin() const { return second_pin_; }
  void pin(std::uint64_t realtime_ns);
  bool unpin();  // false: there was no pin

  // The moment whose values are read: the cursor's, or a single pin's.
  std::optional<std::uint64_t> reading() const { return cursor_ ? cursor_ : first_pin_; }

  // The stretch between a horizontal drag's ends while it lasts.
  const std::optional<metrics::TimeStretch>& band() const { return band_; }
  void drag(std::optional<metrics::TimeStretch> band);

  // The stretch that another view shows, if this one shows more.
  const std::optional<metrics::TimeStretch>& outline() const { return outline_; }
  void set_outline(std::optional<metrics::TimeStretch> stretch);

  // Pixels before the plots: what the widest labels of all charts on this clock take. It only grows.
  int label_room() const { return label_room_; }
  void need_label_room(int pixels);

  // Both ask for another stretch to be shown; who owns the selection decides.
  // `factor` below 1: closer. The moment `around_ns` stays where it is; live, the right edge does.
  void zoom(double factor, std::uint64_t around_ns);
  // By a part of what is shown; negative: into the past.
  void pan(double part);
  void choose(const metrics::TimeStretch& stretch);
  void look_into(std::uint64_t realtime_ns) { Q_EMIT looked_into(realtime_ns); }

 Q_SIGNALS:
  void shown_changed();
  void label_room_changed();
  void cursor_changed();  // cursor, pins, band or outline
  // The user wants to see this stretch. `is_step`: a choice; else one of many small moves.
  void wanted(const metrics::TimeStretch& stretch, bool is_step);
  void live_length_wanted(std::uint64_t length_ns);
  void looked_into(std::uint64_t realtime_ns);

 private:
  metrics::TimeStretch shown_{0, kShortestNs};
  bool live_ = true;
  int label_room_ = 0;
  std::optional<std::uint64_t> cursor_;
  std::optional<std::uint64_t> first_pin_;
  std::optional<std::uint64_t> second_pin_;
  std::optional<metrics::TimeStretch> band_;
  std::optional<metrics::TimeStretch> outline_;
};

}  // namespace goxel_telemetry::viewer
