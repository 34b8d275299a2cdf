// SPDX-License-Identifier: GPL-3.0-or-later
#include "documents/encode_msgpack.h"

#include <cmath>
#include <msgpack.hpp>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "documents/alerts_document.h"
#include "documents/comparison_document.h"
#include "documents/history_document.h"
#include "documents/layers_document.h"
#include "documents/record_document.h"
#include "documents/snapshot_document.h"
#include "documents/spans_document.h"
#include "documents/traces_document.h"
#include "documents/watched_series_document.h"
#include "metrics/live/shared_list.h"

namespace goxel_telemetry::documents {
namespace {

class Writer {
 public:
  template <class Value>
  void write(const Value& value) {
    if constexpr (std::is_floating_point_v<Value>) {
      if (std::isfinite(value)) {
        packer_.pack_double(value);
      } else {
        packer_.pack_nil();
      }
    } else if constexpr (std::is_arithmetic_v<Value>) {
      packer_.pack(value);
    } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
      packer_.pack(std::string_view(value));
    } else {
      // In msgpack a map's size comes before its members, so they are counted first.
      std::uint32_t members = 0;
      describe(value, [&](std::string_view, const auto&) { ++members; });
      packer_.pack_map(members);
      describe(value, [&](std::string_view name, const auto& member) {
        packer_.pack(name);
        write(member);
      });
    }
  }

  template <class Value>
  void write(const std::optional<Value>& value) {
    if (value) {
      write(*value);
    } else {
      packer_.pack_nil();
    }
  }

  template <class Value>
  void write(const std::vector<Value>& values) {
    write_array(values);
  }

  template <class Value>
  void write(const metrics::SharedList<Value>& values) {
    write_array(values);
  }

  std::string bytes() const { return {buffer_.data(), buffer_.size()}; }

 private:
  template <class Values>
  void write_array(const Values& values) {
    packer_.pack_array(static_cast<std::uint32_t>(values.size()));
    for (const auto& value : values) write(value);
  }

  msgpack::sbuffer buffer_;
  msgpack::packer<msgpack::sbuffer> packer_{buffer_};
};

}  // namespace

template <class Document>
std::string encode_msgpack(const Document& document) {
  Writer writer;
  writer.write(document);
  return writer.bytes();
}

template std::string encode_msgpack(const SnapshotDocument&);
template std::string encode_msgpack(const InflightDocument&);
template std::string encode_msgpack(const OverviewDocument&);
template std::string encode_msgpack(const OperationsDocument&);
template std::string encode_msgpack(const InstancesDocument&);
template std::string encode_msgpack(const RecordsDocument&);
template std::string encode_msgpack(const BlackBoxDocument&);
template std::string encode_msgpack(const HistoryDocument&);
template std::string encode_msgpack(const LayersDocument&);
template std::string encode_msgpack(const TracesDocument&);
template std::string encode_msgpack(const WatchedSeriesDocument&);
template std::string encode_msgpack(const ComparisonDocument&);
template std::string encode_msgpack(const BaselineListDocument&);
template std::string encode_msgpack(const SpansDocument&);
template std::string encode_msgpack(const AlertsDocument&);
template std::string encode_msgpack(const AlertDocument&);
template std::string encode_msgpack(const SilenceDocument&);

}  // namespace goxel_telemetry::documents
