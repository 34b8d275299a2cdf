// SPDX-License-Identifier: GPL-3.0-or-later
// How many operations all that a reader follows may have together, so that no number of segments full of
// names costs more than this. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace goxel_telemetry::metrics {

class OperationPlaces {
 public:
  // Each table has so many of its own: more than a daemon has operations.
  static constexpr std::size_t kOwn = 64;
  static constexpr std::size_t kMost = 2'048;

  explicit OperationPlaces(std::size_t most = kMost) : left_(most) {}
  std::size_t left() const { return left_; }

 private:
  friend class TakenPlaces;
  std::size_t left_;
};

// What one table has taken of them, given back when it ends. It never has more than it leaves to
// others: whoever comes later, however many were greedy before, finds some.
class TakenPlaces {
 public:
  explicit TakenPlaces(std::shared_ptr<OperationPlaces> places) : places_(std::move(places)) {}
  TakenPlaces(TakenPlaces&& other) noexcept
      : places_(std::move(other.places_)), taken_(std::exchange(other.taken_, 0)) {}
  TakenPlaces& operator=(TakenPlaces&&) = delete;
  ~TakenPlaces() {
    if (places_ != nullptr) places_->left_ += taken_;
  }

  bool take() {
    if (taken_ >= places_->left_) return false;
    ++taken_;
    --places_->left_;
    return true;
  }

 private:
  std::shared_ptr<OperationPlaces> places_;
  std::size_t taken_ = 0;
};

}  // namespace goxel_telemetry::metrics
