// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_words.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {

std::string in_words(const AlertAccuracy& accuracy) {
  std::string text = format_count(accuracy.raised) + (accuracy.raised == 1 ? " alert" : " alerts") +
                     " in the last " + std::to_string(kAccuracyDays) + " days";
  if (const auto ratio = accuracy.wrong_ratio()) {
    text += "; of " + format_count(accuracy.right + accuracy.wrong) + " that were judged " +
            format_percent(*ratio) + " wrong (promised: less than " +
            format_percent(kPromisedWrongRatio) + ')';
  } else if (accuracy.raised != 0) {
    text += "; none was judged";
  }
  return text;
}

std::string value_in_words(const OperationShift& shift, double value) {
  return shift.channel == OperationShift::Channel::errors ? format_percent(value)
                                                          : format_duration(value);
}

std::string times_in_words(double ratio) {
  if (!std::isfinite(ratio)) return "-";
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "×%.2f", ratio);
  return text.data();
}

std::string interval_in_words(const OperationShift& shift) {
  const bool has_low = std::isfinite(shift.ratio_low);
  const bool has_high = std::isfinite(shift.ratio_high);
  if (!has_low && !has_high) return "not known";
  if (!has_low) return "at most " + times_in_words(shift.ratio_high);
  if (!has_high) return "at least " + times_in_words(shift.ratio_low);
  return times_in_words(shift.ratio_low) + " to " + times_in_words(shift.ratio_high);
}

std::string layers_in_words(const OperationShift& shift) {
  std::string text;
  for (const LayerShift& layer : shift.layers)
    text += (text.empty() ? "" : ", ") + layer.layer + ' ' + format_percent(layer.share);
  return text;
}

std::string phases_in_words(const OperationShift& shift) {
  std::string text;
  for (const PhaseShift& phase : shift.phases) {
    if (phase.share <= 0) break;
    text += (text.empty() ? "" : ", ") + phase.phase + ' ' + format_percent(phase.share);
  }
  return text;
}

}  // namespace goxel_telemetry::metrics
