// SPDX-License-Identifier: GPL-3.0-or-later
#include "random.h"

#include <boost/random/binomial_distribution.hpp>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>
#include <boost/random/uniform_01.hpp>

namespace goxel_telemetry::evaluation {

Random random_stream(std::uint64_t seed, std::uint32_t stream) {
  std::seed_seq words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                      stream};
  return Random(words);
}

double uniform(Random& random) {
  return boost::random::uniform_01<double>()(random);
}

double normal(Random& random) {
  return boost::random::normal_distribution<double>()(random);
}

double exponential(Random& random, double mean) {
  return boost::random::exponential_distribution<double>(1 / mean)(random);
}

std::uint64_t poisson(Random& random, double mean) {
  if (mean <= 0) return 0;
  return boost::random::poisson_distribution<std::uint64_t>(mean)(random);
}

std::uint64_t binomial(Random& random, std::uint64_t count, double probability) {
  if (count == 0 || probability <= 0) return 0;
  const auto n = static_cast<std::int64_t>(count);
  return static_cast<std::uint64_t>(
      boost::random::binomial_distribution<std::int64_t>(n, probability)(random));
}

}  // namespace goxel_telemetry::evaluation
