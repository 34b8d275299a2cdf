// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using Values = std::vector<std::uint64_t>;

Histogram histogram_of(const Values& values) {
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  return histogram;
}

// Latencies as they are: mostly near 100 µs, with a tail that reaches beyond the range.
Values heavy_tailed(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(1e-9, 1);
  Values values(count);
  for (std::uint64_t& value : values) {
    value = static_cast<std::uint64_t>(20'000 / std::pow(uniform(random), 1 / 1.1));  // Pareto
  }
  return values;
}

std::uint64_t exact_quantile(const Values& sorted, double q) {
  const double rank = std::ceil(q * static_cast<double>(sorted.size()) - 1e-9);
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

TEST(Histogram, BucketsFollowEachOtherWithoutGapOrOverlap) {
  EXPECT_EQ(Histogram::lowest_in(0), 0u);
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const std::uint64_t lowest = Histogram::lowest_in(bucket);
    const std::uint64_t highest = Histogram::highest_in(bucket);
    ASSERT_LE(lowest, highest);
    ASSERT_EQ(Histogram::bucket_of(lowest), bucket) << "closed at " << lowest;
    ASSERT_EQ(Histogram::bucket_of(highest), bucket) << "closed at " << highest;
    if (highest < Histogram::kHighest) {
      ASSERT_EQ(Histogram::bucket_of(highest + 1), bucket + 1);
    }
  }
  EXPECT_EQ(Histogram::highest_in(Histogram::kBuckets - 1), Histogram::kHighest);
  EXPECT_GT(Histogram::kHighest, 100'000'000'000u) << "100 s";
}

TEST(Histogram, EveryValueIsWithinTheStatedErrorOfItsBucketsMiddle) {
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const auto lowest = static_cast<double>(Histogram::lowest_in(bucket));
    const auto highest = static_cast<double>(Histogram::highest_in(bucket));
    const double middle = lowest + std::floor((highest - lowest) / 2);
    ASSERT_LE(middle - lowest, Histogram::kRelativeError * lowest) << bucket;
    ASSERT_LE(highest - middle, Histogram::kRelativeError * highest) << bucket;
  }
  EXPECT_LE(Histogram::kRelativeError, 0.01);
}

TEST(Histogram, SmallValuesAreExact) {
  for (std::uint64_t value = 0; value < 128; ++value) {
    const Histogram histogram = histogram_of({0, value, value, value, 200});
    EXPECT_EQ(histogram.quantile(0.5), value);
  }
}

TEST(Histogram, QuantilesMatchExactSortingOnHeavyTails) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Values values = heavy_tailed(1 + seed * seed * 10, seed);
    const Histogram histogram = histogram_of(values);
    std::sort(values.begin(), values.end());
    for (const double q : {0.0, 0.001, 0.07, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      const auto exact = static_cast<double>(exact_quantile(values, q));
      if (exact > static_cast<double>(Histogram::kHighest)) continue;
      ASSERT_NEAR(static_cast<double>(histogram.quantile(q)), exact,
                  exact * Histogram::kRelativeError)
          << "q " << q << " of " << values.size() << " values";
    }
    ASSERT_EQ(histogram.quantile(0), values.front());
    ASSERT_EQ(histogram.quantile(1), values.back());
  }
}

TEST(Histogram, CountSumMinAndMaxAreExact) {
  const Values values = heavy_tailed(10'000, 1);
  const Histogram histogram = histogram_of(values);
  WideSum sum = 0;
  for (const std::uint64_t value : values) sum += value;
  EXPECT_EQ(histogram.count(), 10'000u);
  EXPECT_TRUE(histogram.sum() == sum);
  EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
}

TEST(Histogram, ValuesOutOfRangeAreCountedAndRankedButNeverClamped) {
  Histogram histogram = histogram_of({1'000, Histogram::kHighest, Histogram::kHighest + 1});
  EXPECT_EQ(histogram.out_of_range(), 1u);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.max(), Histogram::kHighest + 1);
  EXPECT_EQ(histogram.quantile(0.99), Histogram::kHighest + 1);
  histogram.record(UINT64_MAX);
  histogram.record(UINT64_MAX);
  EXPECT_EQ(histogram.out_of_range(), 3u);
  EXPECT_EQ(histogram.quantile(0.5), UINT64_MAX) << "known only to be at most the maximum";
  EXPECT_EQ(saturated(histogram.sum()), UINT64_MAX);
  EXPECT_TRUE(histogram.sum() > WideSum{UINT64_MAX});
}

TEST(Histogram, EmptyOneAnswersZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.quantile(0.5), 0u);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.share_above(0), 0);
  EXPECT_EQ(histogram.bucket_bytes(), 0u);
}

TEST(Histogram, RankIsTheSmallestThatCoversTheShare) {
  Values hundred(100);
  for (std::size_t i = 0; i < 100; ++i) hundred[i] = i + 1;
  const Histogram histogram = histogram_of(hundred);
  // 0.07 * 100 is 7.000000000000001 in floating point.
  for (std::uint64_t percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram.quantile(static_cast<double>(percent) / 100), percent);
  }
  EXPECT_EQ(histogram.quantile(0.501), 51u);
}

TEST(Histogram, MergingEqualsRecordingEverythingInOne) {
  const Values a = heavy_tailed(5'000, 1);
  const Values b = {5, 70, 130, Histogram::kHighest + 9};
  Histogram merged = histogram_of(a);
  merged.merge(histogram_of(b));
  merged.merge(Histogram{});
  Values both = a;
  both.insert(both.end(), b.begin(), b.end());
  EXPECT_EQ(merged, histogram_of(both));
  EXPECT_NE(merged, histogram_of(a));
}

TEST(Histogram, EqualOnesHaveTheSameSum) {
  ASSERT_EQ(Histogram::bucket_of(2'000), Histogram::bucket_of(2'001));
  EXPECT_NE(histogram_of({1'000, 2'000, 3'000}), histogram_of({1'000, 2'001, 3'000}));
}

TEST(Histogram, SubtractingTakesAPartAwayAgain) {
  const Values kept = {1'000, 2'000, 50'000};
  const Values gone = {10, 2'000, 9'000'000, Histogram::kHighest + 1};
  Histogram histogram = histogram_of(kept);
  histogram.merge(histogram_of(gone));
  ASSERT_TRUE(histogram.subtract(histogram_of(gone)));
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.out_of_range(), 0u);
  EXPECT_TRUE(histogram.sum() == 53'000);
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), 2'000, 2'000 / 128.0);
  EXPECT_NEAR(static_cast<double>(histogram.min()), 1'000, 1'000 / 64.0);
  EXPECT_NEAR(static_cast<double>(histogram.max()), 50'000, 50'000 / 64.0);
  ASSERT_TRUE(histogram.subtract(Histogram(histogram)));
  EXPECT_EQ(histogram, Histogram{});
}

TEST(Histogram, SubtractingWhatIsNoPartChangesNothing) {
  Histogram histogram = histogram_of({1'000, 2'000, 3'000});
  const Histogram before = histogram;
  EXPECT_FALSE(histogram.subtract(histogram_of({1'500})));
  EXPECT_FALSE(histogram.subtract(histogram_of({1'000, 1'000})));
  EXPECT_FALSE(histogram.subtract(histogram_of({Histogram::kHighest + 1})));
  EXPECT_EQ(histogram, before);
}

TEST(Histogram, WhatIsLeftBeyondTheRangeAfterSubtractingHasNoSmallMinimum) {
  Histogram histogram = histogram_of({1'000, Histogram::kHighest + 5});
  ASSERT_TRUE(histogram.subtract(histogram_of({1'000})));
  EXPECT_EQ(histogram.min(), Histogram::kHighest + 1);
  EXPECT_EQ(histogram.max(), Histogram::kHighest + 5);
}

TEST(Histogram, ShareAboveIsExactAtBucketEdges) {
  const Histogram histogram = histogram_of({100, 127, 128, 129, 130, 131, 200, 300});
  EXPECT_EQ(histogram.share_above(99), 1);
  EXPECT_EQ(histogram.share_above(127), 6.0 / 8);  // 127 itself is not above 127
  EXPECT_EQ(histogram.share_above(129), 4.0 / 8);  // 128 and 129 share a bucket
  EXPECT_EQ(histogram.share_above(300), 0);
  EXPECT_EQ(histogram.share_above(128), 5.0 / 8) << "half of a bucket of two";
}

TEST(Histogram, ShareAboveMatchesExactCountingOnHeavyTails) {
  const Values values = heavy_tailed(100'000, 3);
  const Histogram histogram = histogram_of(values);
  for (std::uint64_t limit = 21'000; limit < 1'000'000'000; limit = limit * 3 / 2) {
    const auto above = [limit](double error) {
      return [limit, error](std::uint64_t value) {
        return static_cast<double>(value) > static_cast<double>(limit) * error;
      };
    };
    const auto share = [&](double error) {
      return static_cast<double>(std::count_if(values.begin(), values.end(), above(error))) /
             static_cast<double>(values.size());
    };
    ASSERT_GE(histogram.share_above(limit), share(1 + 2 * Histogram::kRelativeError)) << limit;
    ASSERT_LE(histogram.share_above(limit), share(1 - 2 * Histogram::kRelativeError)) << limit;
  }
}

TEST(Histogram, HoldsOnlyTheRangeInUse) {
  Histogram histogram;
  histogram.record(100'000);
  EXPECT_EQ(histogram.bucket_bytes(), 512u);
  for (const std::uint64_t value : {std::uint64_t{0}, Histogram::kHighest}) histogram.record(value);
  EXPECT_EQ(histogram.bucket_bytes(), 16'384u) << "the whole range, and never more";
}

TEST(HistogramCodec, ComesBackAsItWas) {
  for (const Values& values :
       {Values{}, Values{0}, Values{Histogram::kHighest}, Values{UINT64_MAX, UINT64_MAX},
        Values{0, 1, 127, 128, 1'000'000, UINT64_MAX}, heavy_tailed(20'000, 5)}) {
    const Histogram histogram = histogram_of(values);
    Histogram back;
    ASSERT_TRUE(back.merge_encoded(histogram.encode()));
    EXPECT_EQ(back, histogram);
  }
}

TEST(HistogramCodec, MergingEncodedEqualsMerging) {
  const Histogram part = histogram_of(heavy_tailed(1'000, 6));
  Histogram merged = histogram_of(heavy_tailed(1'000, 7));
  Histogram expected = merged;
  expected.merge(part);
  ASSERT_TRUE(merged.merge_encoded(part.encode()));
  EXPECT_EQ(merged, expected);
}

// Written down once: a later version must go on reading it.
TEST(HistogramCodec, VersionOneIsReadForEver) {
  const std::vector<std::uint8_t> version1 = {1, 1,    0xD4, 0x87, 0xBD, 0x80, 0x80, 4, 0,
                                              3, 0x80, 0x80, 0x80, 0x80, 0x80, 4,    3, 3,
                                              1, 0xA0, 1,    2,    0x95, 6,    1};
  const Histogram expected = histogram_of({3, 200, 201, 1'000'000, Histogram::kHighest + 1});
  EXPECT_EQ(expected.encode(), version1);
  Histogram read;
  ASSERT_TRUE(read.merge_encoded(version1));
  EXPECT_EQ(read, expected);
}

TEST(HistogramCodec, IsCompact) {
  const Histogram histogram = histogram_of(heavy_tailed(300, 8));
  EXPECT_LT(histogram.encode().size(), 600u);
}

TEST(HistogramCodec, EveryTruncationAndEveryExtraByteIsRefused) {
  const std::vector<std::uint8_t> whole = histogram_of(heavy_tailed(500, 9)).encode();
  const Histogram before = histogram_of({42});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Histogram target = before;
    ASSERT_FALSE(target.merge_encoded(std::span(whole).first(size))) << size;
    ASSERT_EQ(target, before);
  }
  std::vector<std::uint8_t> longer = whole;
  longer.push_back(0);
  Histogram target = before;
  EXPECT_FALSE(target.merge_encoded(longer));
  EXPECT_EQ(target, before);
}

TEST(HistogramCodec, RandomBytesNeverDoMoreThanBeRefusedOrMerged) {
  std::mt19937_64 random(10);
  const std::vector<std::uint8_t> whole = histogram_of(heavy_tailed(200, 11)).encode();
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::uint8_t> bytes = whole;
    for (std::uint64_t i = 0; i <= random() % 4; ++i) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    Histogram target;
    if (target.merge_encoded(bytes)) {
      ASSERT_LE(target.quantile(0.5), target.max());
    } else {
      ++refused;
      ASSERT_EQ(target, Histogram{});
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(HistogramCodec, AnotherVersionIsRefused) {
  std::vector<std::uint8_t> bytes = histogram_of({1}).encode();
  bytes[0] = 2;
  Histogram target;
  EXPECT_FALSE(target.merge_encoded(bytes));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
