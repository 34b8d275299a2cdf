// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/record_line.h"

#include "documents/document.h"
#include "metrics/text/characters.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

std::string duration(std::uint64_t ns) {
  return metrics::format_duration(static_cast<double>(ns));
}

std::string if_any(const char* what, std::uint64_t ns) {
  return ns == 0 ? std::string() : "  " + std::string(what) + ' ' + duration(ns);
}

Emphasis emphasis_of(shm::Status status) {
  switch (status) {
    case shm::Status::ok:
    case shm::Status::notification:
      return Emphasis::none;
    case shm::Status::cancelled:
      return Emphasis::warning;
    default:
      return Emphasis::bad;
  }
}

}  // namespace

std::string record_line(const metrics::NamedRecord& r, const Style& style) {
  const std::string time = metrics::format_time_of_day(r.start_realtime_ns + r.duration_ns);
  const std::string status = padded(metrics::to_string(r.status), 12);
  std::string rest = "  " + padded(duration(r.duration_ns), 9, Align::right) + "  " +
                     padded(metrics::visible(r.operation), 20) + "  " + padded(r.protocol, 7) +
                     "  " + padded(metrics::visible(r.stack), 7) + "  " +
                     padded(metrics::format_bytes(r.bytes_in), 8, Align::right) + " in " +
                     padded(metrics::format_bytes(r.bytes_out), 8, Align::right) + " out";
  rest += if_any("receive", r.receive_ns) + if_any("wait", r.wait_ns) + if_any("send", r.send_ns);
  if (r.worker != shm::kNoWorker) rest += "  worker " + std::to_string(r.worker);
  if (r.error != shm::ErrorCode::none) rest += "  error " + metrics::error_type(r.error);
  if (r.trace_id != 0) rest += "  trace " + documents::hexadecimal(r.trace_id);

  const std::size_t used = columns(time) + 2 + columns(status);
  if (style.width != 0) rest = cut(rest, style.width > used ? style.width - used : 0);
  return style.paint(Emphasis::faint, time) + "  " + style.paint(emphasis_of(r.status), status) +
         rest + '\n';
}

}  // namespace goxel_telemetry::cli
