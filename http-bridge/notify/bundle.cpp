// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/bundle.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "metrics/text/printable.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

constexpr std::size_t kLongestText = 1'000;  // bytes
constexpr std::size_t kMostLayers = 8;
constexpr std::size_t kMostPhases = 4;
constexpr std::size_t kMostNotes = 16;

void bound(std::string& text) {
  text = metrics::printable(shortened(text, kLongestText));
}

template <class Value>
void bound(std::vector<Value>& values, std::size_t most) {
  if (values.size() > most) values.resize(most);
}

}  // namespace

std::string event_id(const Event& event) {
  return event.alert.id + '/' + metrics::to_string(event.change) + '/' +
         std::to_string(event.number);
}

std::string bundle_id(const Bundle& bundle) {
  std::string all;
  for (const Event& event : bundle.events) all += event_id(event) + '\n';
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data());
  constexpr std::size_t kDigits = 32;
  return hexadecimal(digest).substr(0, kDigits);
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

std::string shortened(const std::string& text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  constexpr std::string_view kMark = "…";
  const auto continues = [&text](std::size_t at) { return (text[at] & 0xC0) == 0x80; };
  std::size_t end = most_bytes - std::min(kMark.size(), most_bytes);
  while (end > 0 && continues(end)) --end;
  return text.substr(0, end).append(kMark);
}

metrics::Alert bounded(metrics::Alert alert) {
  for (std::string* text :
       {&alert.id, &alert.instance, &alert.subject, &alert.summary, &alert.advice}) {
    bound(*text);
  }
  metrics::AlertEvidence& evidence = alert.evidence;
  bound(evidence.compared_with);
  bound(evidence.unit);
  bound(evidence.operations, metrics::kMostShifts);
  bound(evidence.facts, metrics::kMostFacts);
  bound(evidence.not_looked_at, kMostNotes);
  for (metrics::OperationShift& shift : evidence.operations) {
    for (std::string* text :
         {&shift.key.stack, &shift.key.protocol, &shift.key.layer, &shift.key.operation}) {
      bound(*text);
    }
    bound(shift.layers, kMostLayers);
    for (metrics::LayerShift& layer : shift.layers) bound(layer.layer);
    bound(shift.phases, kMostPhases);
    for (metrics::PhaseShift& phase : shift.phases) bound(phase.phase);
  }
  for (metrics::AlertFact& fact : evidence.facts) {
    bound(fact.name);
    bound(fact.value);
  }
  for (std::string& note : evidence.not_looked_at) bound(note);
  if (evidence.course.size() > metrics::kMostCourse) {
    evidence.course.erase(evidence.course.begin(), evidence.course.end() - metrics::kMostCourse);
  }
  return alert;
}

}  // namespace goxel_telemetry::http_bridge::notify
