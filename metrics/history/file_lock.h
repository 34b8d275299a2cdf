// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps a second bridge from writing a file: an advisory lock on another file beside it (FILE.lock). SQLite's own locks are on
// the file itself, and a process that closes any descriptor of a file loses all its locks on that file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "metrics/history/file_kind.h"

namespace goxel_telemetry::metrics {

class FileLock {
 public:
  // Held until the lock is destroyed. Null if it cannot be taken: `why` says why.
  static std::unique_ptr<FileLock> take(const FileKind& kind, const std::string& file,
                                        HistoryResult& why);
  ~FileLock();

  // Leaves a sign of life, for those who may only read: the lock's time of modification.
  void touch() const;
  // When somebody last did, CLOCK_REALTIME. Empty: nobody ever has written the file here.
  static std::optional<std::uint64_t> touched_ns(const std::string& file);

  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace goxel_telemetry::metrics
