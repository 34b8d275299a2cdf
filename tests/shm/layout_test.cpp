// SPDX-License-Identifier: GPL-3.0-or-later
// The offsets that docs/shm-format.md gives, checked by the compiler: whoever moves a field edits
// the document, and perhaps the layout's version, with it.
#include <cstddef>

#include "shm/segment_layout.h"
#include "shm/segment_view.h"

namespace goxel_telemetry::shm {

static_assert(offsetof(Header, magic) == 0);
static_assert(offsetof(Header, layout_major) == 8);
static_assert(offsetof(Header, layout_minor) == 10);
static_assert(offsetof(Header, header_bytes) == 12);
static_assert(offsetof(Header, segment_bytes) == 16);
static_assert(offsetof(Header, run_id) == 24);
static_assert(offsetof(Header, producer_pid) == 32);
static_assert(offsetof(Header, door) == 36);
static_assert(offsetof(Header, producer_start_time) == 40);
static_assert(offsetof(Header, boot_id) == 48);
static_assert(offsetof(Header, created_realtime_ns) == 64);
static_assert(offsetof(Header, created_monotonic_ns) == 72);
static_assert(offsetof(Header, clock_source) == 80);
static_assert(offsetof(Header, lane_count) == 84);
static_assert(offsetof(Header, catalog_offset) == 88);
static_assert(offsetof(Header, catalog_capacity) == 96);
static_assert(offsetof(Header, inflight_capacity) == 100);
static_assert(offsetof(Header, inflight_offset) == 104);
static_assert(offsetof(Header, lanes_offset) == 112);
static_assert(offsetof(Header, collection_points_offset) == 120);
static_assert(offsetof(Header, collection_points_capacity) == 128);
static_assert(offsetof(Header, life_locked) == 132);
static_assert(offsetof(Header, reserved) == 133);
static_assert(offsetof(Header, totals_capacity) == 134);
static_assert(offsetof(Header, totals_offset) == 136);
static_assert(offsetof(Header, instance) == 144);
static_assert(offsetof(Header, host_name) == 208);
static_assert(offsetof(Header, host_version) == 272);
static_assert(offsetof(Header, producer_version) == 304);
static_assert(offsetof(Header, state) == 336);
static_assert(offsetof(Header, heartbeat_ns) == 344);
static_assert(offsetof(Header, catalog_count) == 352);
static_assert(offsetof(Header, cost_meter) == 360);
static_assert(offsetof(Header, calibration) == 448);
static_assert(offsetof(Header, gauges) == 512);

static_assert(offsetof(CostMeter, waited_ticks) == 0);
static_assert(offsetof(CostMeter, waited_ticks2) == 8);
static_assert(offsetof(CostMeter, after_ticks) == 16);
static_assert(offsetof(CostMeter, after_ticks2) == 24);
static_assert(offsetof(CostMeter, interrupted_calls) == 32);

static_assert(offsetof(CalibrationBlock, sequence) == 0);
static_assert(offsetof(CalibrationBlock, anchor_ticks) == 8);
static_assert(offsetof(CalibrationBlock, anchor_ns) == 16);
static_assert(offsetof(CalibrationBlock, ns_per_tick_q32) == 24);
static_assert(offsetof(CalibrationBlock, error_ppb) == 32);
static_assert(offsetof(CalibrationBlock, corrections) == 40);
static_assert(offsetof(CalibrationBlock, reserved) == 48);

static_assert(static_cast<std::size_t>(Gauge::connections) * 8 == 0);
static_assert(static_cast<std::size_t>(Gauge::open_descriptors) * 8 == 8);
static_assert(static_cast<std::size_t>(Gauge::connections_total) * 8 == 16);
static_assert(static_cast<std::size_t>(Gauge::queue_depth) * 8 == 24);
static_assert(static_cast<std::size_t>(Gauge::workers_configured) * 8 == 32);
static_assert(static_cast<std::size_t>(Gauge::unobserved_connections) * 8 == 40);
static_assert(static_cast<std::size_t>(Gauge::lane_misses) * 8 == 48);
static_assert(static_cast<std::size_t>(Gauge::inflight_misses) * 8 == 56);
static_assert(static_cast<std::size_t>(Gauge::contended_calls) * 8 == 64);
static_assert(static_cast<std::size_t>(Gauge::catalog_overflow) * 8 == 72);
static_assert(static_cast<std::size_t>(Gauge::target_latency_ns) * 8 == 80);
static_assert(static_cast<std::size_t>(Gauge::target_milli_operations_per_second) * 8 == 88);
static_assert(static_cast<std::size_t>(Gauge::target_resident_bytes) * 8 == 96);
static_assert(static_cast<std::size_t>(Gauge::telemetry_resident_bytes) * 8 == 104);
static_assert(offsetof(Gauges, words) == 0 && kGaugeCount == 14);

static_assert(offsetof(CatalogEntry, kind) == 0);
static_assert(offsetof(CatalogEntry, name) == 1);
static_assert(offsetof(CatalogEntry, length) == 56);
static_assert(offsetof(CatalogEntry, reserved) == 57);
static_assert(offsetof(CatalogEntry, target_us) == 60);

static_assert(offsetof(Slot, stamp) == 0);
static_assert(offsetof(Slot, words) == 8);

static_assert(offsetof(Lane, head) == 0);
static_assert(offsetof(Lane, slots_offset) == 8);
static_assert(offsetof(Lane, capacity) == 16);
static_assert(offsetof(Lane, reserved) == 24);
static_assert(offsetof(Lane, counters) == 32);

static_assert(offsetof(LaneCounters, records) == 0);
static_assert(offsetof(LaneCounters, bytes_in) == 48);
static_assert(offsetof(LaneCounters, bytes_out) == 56);
static_assert(offsetof(LaneCounters, span_ticks) == 64);
static_assert(offsetof(LaneCounters, own_cost_ticks) == 72);
static_assert(offsetof(LaneCounters, own_cost_samples) == 80);
static_assert(offsetof(LaneCounters, reserved) == 88);

static_assert(offsetof(InflightLine, stamp) == 0);
static_assert(offsetof(InflightLine, words) == 8);

static_assert(offsetof(CollectionPointLine, stamp) == 0);
static_assert(offsetof(CollectionPointLine, words) == 8);

static_assert(offsetof(TotalsHead, sequence) == 0);
static_assert(offsetof(TotalsHead, entries) == 8);
static_assert(offsetof(TotalsHead, reserved) == 16);
static_assert(offsetof(TotalsHead, earlier_records) == 64);
static_assert(offsetof(TotalsHead, earlier_bytes_in) == 112);
static_assert(offsetof(TotalsHead, earlier_bytes_out) == 120);

static_assert(offsetof(TotalsEntry, ids) == 0);
static_assert(offsetof(TotalsEntry, records) == 8);
static_assert(offsetof(TotalsEntry, reserved) == 56);
static_assert(totals_places(1) == 8 && totals_places(8) == 8 && totals_places(9) == 16);
static_assert(totals_copy_bytes(288, 1024) == 128 + 2304 + 65536);

static_assert(kMagic == 0x4D4C'4554'4C58'4F47);  // the bytes "GOXLTELM"
static_assert(kLayoutMajor == 2 && kLayoutMinor == 1);

}  // namespace goxel_telemetry::shm
