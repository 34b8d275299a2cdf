// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace goxel_telemetry::metrics {

std::unique_ptr<FileLock> FileLock::take(const FileKind& kind, const std::string& file,
                                         HistoryResult& why) {
  const std::string the_file = "the " + std::string(kind.name) + " " + file;
  const std::string name = file + ".lock";
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    const int code = errno;
    const bool denied = code == EACCES || code == EROFS || code == EPERM;
    why = {denied ? HistoryOutcome::read_only
                  : (code == ENOSPC ? HistoryOutcome::full : HistoryOutcome::failed),
           the_file + " cannot be written: " + std::strerror(code)};
    return nullptr;
  }
  std::unique_ptr<FileLock> lock(new FileLock(descriptor));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    why = {HistoryOutcome::in_use, "another bridge writes " + the_file};
    return nullptr;
  }
  return lock;
}

FileLock::~FileLock() {
  ::close(descriptor_);
}

}  // namespace goxel_telemetry::metrics
