// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/added_words.h"

#include <array>
#include <charconv>
#include <cmath>

#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

std::string signed_duration(double ns) {
  if (std::abs(ns) < 0.5) return format_duration(0);
  return (ns < 0 ? "−" : "+") + format_duration(std::abs(ns));
}

std::string unless_proven(const Shift& shift) {
  if (shift.change == Change::more || shift.change == Change::less) return {};
  return std::string("; ") + to_string(shift.change);
}

}  // namespace

std::string format_confidence(double level) {
  constexpr int kMostDecimals = 12;
  const double risk_percent = (1 - level) * 100;
  int decimals = 0;
  for (double scaled = risk_percent; scaled < 9.5 && decimals < kMostDecimals; scaled *= 10)
    ++decimals;
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), level * 100,
                                 std::chars_format::fixed, decimals);  // in every locale the same
  std::string text(digits.data(), end.ptr);
  if (decimals > 0) text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " %";
}

std::string in_words(const OwnTimeChange& change, double level) {
  const Shift& own = change.own_time;
  std::string words = visible(change.operation) + " in the " + change.layer + " (" +
                      visible(change.stack) + "): " + signed_duration(own.shift.value_or(0)) +
                      " a request";
  if (own.low && own.high) {
    words += " (" + format_confidence(level) + ": " + signed_duration(*own.low) + " to " +
             signed_duration(*own.high) + ')';
  }
  words += ", " + signed_duration(change.added_per_second) + "/s" + unless_proven(own);
  if (change.counts_differ) {
    words += "; the " + change.inner + " did not count the same requests";
  }
  return words;
}

std::string in_words(const RateChange& change) {
  const std::string name = visible(change.operation) + " (" + visible(change.stack) + ')';
  const std::string before = format_rate(change.rate.a.value_or(0));
  const std::string after = format_rate(change.rate.b.value_or(0));
  const std::string added = ", " + signed_duration(change.added_per_second) + "/s";
  switch (change.presence) {
    case Presence::only_before:
      return name + " is gone: " + before + " before" + added;
    case Presence::only_after:
      return name + " is new: " + after + added;
    case Presence::both:
      break;
  }
  return name + ": " + after + " instead of " + before + added + unless_proven(change.rate);
}

}  // namespace goxel_telemetry::metrics
