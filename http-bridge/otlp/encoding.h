// SPDX-License-Identifier: GPL-3.0-or-later
// Operations as OTLP's ExportTraceServiceRequest, in its JSON mapping (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding):
// identifiers as hexadecimal digits, 64-bit numbers as texts, enumerations as numbers.
//
// A span's id is made from its trace id, its layer, its place among the operation's spans of this layer, and when the operation began
// for the process that is outermost. So it is the same whoever sends it, however often.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "http-bridge/otlp/operation.h"

namespace goxel_telemetry::http_bridge::otlp {

class TraceRequest {
 public:
  // `host`: the name of this machine.
  explicit TraceRequest(std::string host) : host_(std::move(host)) {}

  void add(const Operation& operation);

  std::size_t spans() const { return spans_; }
  std::size_t bytes() const { return bytes_; }  // of the text, but for its frame
  std::string text() const;

 private:
  // Spans of one process, or of one layer of which it is not known in which process they were.
  using Resource = std::tuple<std::string, metrics::Layer, std::uint32_t>;  // instance, layer, pid
  std::string resource_text(const Resource& resource) const;

  const std::string host_;
  std::map<Resource, std::string> by_resource_;  // JSON objects with commas between them
  std::size_t spans_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace goxel_telemetry::http_bridge::otlp
