// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>

#include "cli/interrupt.h"
#include "cli/recording/session_recorder.h"
#include "cli/screen/facts.h"
#include "cli/screen/terminal.h"
#include "cli/target.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::cli {
namespace {

constexpr int kSweepMilliseconds = 50;

// A new file that contains only whole chunks, whatever happens.
class RecordingFile {
 public:
  explicit RecordingFile(std::string path)
      : path_(std::move(path)),
        fd_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640)) {
    if (fd_ >= 0) return;
    if (errno == EEXIST) {
      throw Failure(kExitUsage, path_ + " exists already; give the recording another name");
    }
    throw Failure(kExitNotThere, "cannot make " + path_ + ": " + std::strerror(errno));
  }
  ~RecordingFile() { close(fd_); }
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  // Appends all of `bytes` or nothing. Throws Failure.
  void append(std::span<const std::uint8_t> bytes) {
    for (std::span rest = bytes; !rest.empty();) {
      const ssize_t written = write(fd_, rest.data(), rest.size());
      if (written >= 0) {
        rest = rest.subspan(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        const std::string why = std::strerror(errno);
        [[maybe_unused]] const int ignored = ftruncate(fd_, static_cast<off_t>(bytes_));
        throw Failure(kExitNotThere, "cannot write to " + path_ + ": " + why +
                                         "; what was recorded before is in it");
      }
    }
    bytes_ += bytes.size();
  }

  std::uint64_t bytes() const { return bytes_; }

 private:
  std::string path_;
  int fd_;
  std::uint64_t bytes_ = 0;
};

std::string summary(const RecordOptions& options, const metrics::recording::Writer& writer,
                    std::uint64_t lost, std::uint64_t took_ns, std::uint64_t bytes) {
  const std::uint64_t outer = writer.records(metrics::recording::Segment::outer_layers);
  std::string text = options.file + ": " + plural(writer.records(), "record") +
                     (outer == 0 ? "" : ", " + metrics::format_count(outer) + " of outer layers,") +
                     " in " + metrics::format_duration(static_cast<double>(took_ns)) + ", " +
                     metrics::format_bytes(static_cast<double>(bytes));
  if (lost != 0) {
    text += "; " + metrics::format_count(lost) + " were overwritten before they could be read";
  }
  return text + '\n';
}

}  // namespace

int run_record(const RecordOptions& options) {
  const std::string instance = choose_instance(options.instance);
  metrics::Follower first(instance);
  first_look(first);  // makes sure that there is something to record

  const Interrupt interrupt(Interrupt::Watch::signals);
  RecordingFile file(options.file);
  metrics::recording::Writer writer(
      [&file](std::span<const std::uint8_t> bytes) { file.append(bytes); });
  SessionRecorder session(instance, writer, options.backlog ? Backlog::taken : Backlog::left_out,
                          options.count);
  complain("recording instance \"" + instance + "\" into " + options.file +
           (options.seconds > 0 ? "" : "; Ctrl-C ends it"));

  const std::uint64_t begin_ns = shm::monotonic_ns();
  const auto most_ns = static_cast<std::uint64_t>(options.seconds * 1e9);
  for (;;) {
    const auto now = metrics::Time::now();
    const bool more = session.sweep(now);
    const bool over = most_ns != 0 && now.monotonic_ns - begin_ns >= most_ns;
    if (!more || over || interrupt.wait(kSweepMilliseconds)) break;
  }
  const auto now = metrics::Time::now();
  session.sweep(now);
  session.finish(now);
  writer.finish();
  return finish(
      summary(options, writer, session.lost(), now.monotonic_ns - begin_ns, file.bytes()));
}

}  // namespace goxel_telemetry::cli
