// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two properties over arbitrary bytes, read as JSON and as msgpack:
//
//  - what is taken is within the bounds that the bridge relies on;
//  - agreement: a batch in JSON is the same batch in msgpack.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "documents/span_batch.h"

namespace {

using nlohmann::json;
using namespace goxel_telemetry::documents;

constexpr std::uint64_t kNow = 10'000'000'000'000'000;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "does not hold: " << what << std::endl;
  std::abort();
}

void check_bounds(const SpanBatch& batch) {
  require(batch.source_id != 0 && batch.number != 0 && batch.number < 1U << 31,
          "source and number");
  require(!batch.instance.empty() && batch.instance.size() <= 56, "instance");
  require(batch.spans.size() + batch.refused_count <= kMostSpans, "spans");
  require(batch.refused.size() <= kMostRefusedShown, "refused ones that are shown");
  for (const ReportedSpan& span : batch.spans) {
    require(!span.operation.empty() && span.operation.size() <= 257, "operation");
    require(span.start_ns + span.duration_ns <= kNow + 1'000'000'000, "no end in the future");
    require(span.start_ns >= kNow - 3'600'000'000'000, "no begin long ago");
  }
}

bool same(const SpanBatch& a, const SpanBatch& b) {
  if (a.spans.size() != b.spans.size() || a.refused_count != b.refused_count ||
      a.instance != b.instance || a.source_id != b.source_id || a.number != b.number) {
    return false;
  }
  for (std::size_t i = 0; i < a.spans.size(); ++i) {
    const ReportedSpan& x = a.spans[i];
    const ReportedSpan& y = b.spans[i];
    if (x.operation != y.operation || x.start_ns != y.start_ns || x.duration_ns != y.duration_ns ||
        x.trace_id != y.trace_id || x.layer != y.layer || x.status != y.status ||
        x.error != y.error || x.bytes_in != y.bytes_in) {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const BatchEncoding encoding : {BatchEncoding::json, BatchEncoding::msgpack}) {
    const auto decoded = decode_span_batch(body, encoding, kNow);
    const auto* batch = std::get_if<SpanBatch>(&decoded);
    if (batch == nullptr) {
      require(!std::get<std::string>(decoded).empty(), "a refusal says why");
      continue;
    }
    check_bounds(*batch);
    if (encoding != BatchEncoding::json) continue;
    const std::vector<std::uint8_t> packed = json::to_msgpack(json::parse(body));
    const auto again =
        decode_span_batch({reinterpret_cast<const char*>(packed.data()), packed.size()},
                          BatchEncoding::msgpack, kNow);
    const auto* other = std::get_if<SpanBatch>(&again);
    require(other != nullptr && same(*batch, *other), "JSON and msgpack agree");
  }
  return 0;
}
