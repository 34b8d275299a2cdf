// SPDX-License-Identifier: GPL-3.0-or-later
// A tally as bytes, small: a day of history is a million of them.
//
// LEB128 numbers first: version (1); records by outcome: a byte of bits that says which are not 0
// (ok, error, unanswered, malformed, cancelled), and those; bytes in and out. If any was answered:
// the sums of receiving, waiting and sending (low and high 64 bits), then of the latencies: values
// out of range, sum (low and high), min, max, and the number of buckets in use. Then bits, the
// highest of each byte first: five say how many low bits k each count gives as they are; then for
// each bucket in use the number of buckets skipped before it, plus one, in Elias's gamma code, and
// its count less one as (count - 1) / 2^k + 1 in gamma code and k bits. Gamma code of n: as many
// zeros as n has bits after its first, then n.
//
// About 5 bits for each bucket in use, where Histogram::encode() takes two bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/tally.h"

namespace goxel_telemetry::metrics {

std::vector<std::uint8_t> encode_tally(const Tally& tally);

// Adds what encode_tally() wrote. False, and `tally` is not changed, if the bytes are not exactly
// one tally: they are checked, so they may come from anywhere.
bool merge_encoded_tally(Tally& tally, std::span<const std::uint8_t> bytes);

}  // namespace goxel_telemetry::metrics
