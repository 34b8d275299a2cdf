// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps a second bridge from writing a file: an advisory lock on another file beside it (FILE.lock). SQLite's own locks are on
// the file itself, and a process that closes any descriptor of a file loses all its locks on that file.
#pragma once

#include <memory>
#include <string>

#include "metrics/history/file_kind.h"

namespace goxel_telemetry::metrics {

class FileLock {
 public:
  // Held until the lock is destroyed. Null if it cannot be taken: `why` says why.
  static std::unique_ptr<FileLock> take(const FileKind& kind, const std::string& file,
                                        HistoryResult& why);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace goxel_telemetry::metrics
