// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a recording. Whatever they are, they are read in bounded memory, without touching
// anything else (ASan) and without anything undefined (UBSan); and what was read from them, written
// anew, reads the same.
//
// Random bytes fail at the first checksum, so the mutator starts with a good recording, changes the
// content of its chunks, and makes their checksums good again.

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "metrics/encoding/checksum.h"
#include "metrics/recording/bytes.h"
#include "tests/metrics/recording/recording_samples.h"

using namespace goxel_telemetry::metrics::recording;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr std::size_t kBeginning = kMagic.size() + 1;

// Puts good checksums where chunks seem to be.
void mend(std::uint8_t* data, std::size_t size) {
  for (std::size_t at = kBeginning; at + kChunkHeadBytes <= size;) {
    const std::size_t left = size - at - kChunkHeadBytes;
    const std::size_t length = std::min<std::size_t>(load_32(data + at), left);
    store_32(data + at, static_cast<std::uint32_t>(length));
    store_32(data + at + 4, goxel_telemetry::metrics::crc32({data + at + kChunkHeadBytes, length}));
    at += kChunkHeadBytes + length;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  if (size <= kBeginning || random() % 50 == 0) {
    const std::vector<Entry> entries = some_entries(seed, random() % 60);
    const Bytes good = write(entries, 1 + random() % 40, some_segments(seed, entries.size())).bytes;
    size = std::min(good.size(), max_size);
    std::memcpy(data, good.data(), size);
  }
  if (random() % 10 == 0 || size <= kBeginning) return LLVMFuzzerMutate(data, size, max_size);
  size = kBeginning + LLVMFuzzerMutate(data + kBeginning, size - kBeginning, max_size - kBeginning);
  mend(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ReadBack first = read_all({data, size});
  require(first.outcome != Outcome::entry);
  const ReadBack second = read_all(write(first.entries, 1 + size % 100, first.segments).bytes);
  require(second.outcome == Outcome::end);
  require(second.entries.size() == first.entries.size());
  require(second.segments == first.segments);
  for (std::size_t i = 0; i < first.entries.size(); ++i) {
    require(same(first.entries[i], second.entries[i]));
  }
  return 0;
}
