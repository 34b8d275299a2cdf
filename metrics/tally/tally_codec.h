// SPDX-License-Identifier: GPL-3.0-or-later
// A tally as bytes, small: a day of history is a million of them.
//
// First LEB128 numbers:
//  - the version (1);
//  - records by outcome (ok, error, unanswered, malformed, cancelled): a byte whose bits say which
//    of them are not 0, then those;
//  - bytes in and out;
//  - if a request was answered: the sums of receiving, waiting and sending (low and high 64 bits
//    each), then, of the latencies, values out of range, sum (low and high), min, max, and the
//    number of buckets in use.
//
// Then bits, the highest of each byte first:
//  - five bits: the number k of low bits of each count that are written as they are;
//  - for each bucket in use: the number of buckets skipped before it, plus one, in Elias's gamma
//    code; then its count less one, as (count - 1) / 2^k + 1 in gamma code and k bits.
//
// The gamma code of n is as many zeros as n has bits after its first, then n.
//
// About 5 bits for each bucket in use, where Histogram::encode() takes two bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

std::vector<std::uint8_t> encode_tally(const Tally& tally);

// Adds a tally that encode_tally() wrote. The bytes need not be trusted: they are checked. False,
// and `tally` is not changed, if they are not exactly one tally.
bool merge_encoded_tally(Tally& tally, std::span<const std::uint8_t> bytes);

}  // namespace goxel_telemetry::metrics
