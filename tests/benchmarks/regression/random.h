// SPDX-License-Identifier: GPL-3.0-or-later
// Random numbers that are the same on every platform: the standard fixes its engines, but not its distributions.
#pragma once

#include <cstdint>
#include <random>

namespace goxel_telemetry::evaluation {

using Random = std::mt19937_64;

// Streams of one seed are independent of each other, so that more draws from one leave the others as they were.
Random random_stream(std::uint64_t seed, std::uint32_t stream);

double uniform(Random& random);  // from 0, below 1
double normal(Random& random);
double exponential(Random& random, double mean);
std::uint64_t poisson(Random& random, double mean);
std::uint64_t binomial(Random& random, std::uint64_t count, double probability);

inline bool chance(Random& random, double probability) {
  return probability > 0 && uniform(random) < probability;
}

}  // namespace goxel_telemetry::evaluation
