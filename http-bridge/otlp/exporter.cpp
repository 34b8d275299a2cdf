// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/exporter.h"

#include <algorithm>
#include <utility>

#include "http-bridge/gzip.h"
#include "http-bridge/log.h"
#include "http-bridge/otlp/encoding.h"
#include "http-bridge/outbound/host_name.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

std::uint32_t pid_of(const metrics::Follower& daemon) {
  const auto processes = daemon.recording_processes(1);
  return processes.empty() ? 0 : processes.front().process.pid;
}

outbound::PeerSettings collector_of(const Settings& settings, std::vector<std::string> headers) {
  outbound::PeerSettings collector;
  collector.url = settings.url;
  collector.ca_file = settings.ca_file;
  collector.headers = std::move(headers);
  collector.headers.insert(collector.headers.begin(),
                           {"Content-Type: application/json", "Content-Encoding: gzip"});
  return collector;
}

void say(const std::string& sentence) {
  if (sentence.empty()) return;
  log_event(LogLevel::warning, "otlp", {{"why", sentence}});
}

}  // namespace

Exporter::Exporter(Settings settings, std::vector<std::string> headers)
    : settings_(std::move(settings)),
      headers_(std::move(headers)),
      host_(outbound::host_name()),
      began_ns_(shm::monotonic_ns()),
      sampling_(settings_.share),
      complaints_(settings_.url),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Exporter::~Exporter() = default;

void Exporter::take(const metrics::Follower& daemon, const metrics::ListenedOperation& joined) {
  const std::uint64_t trace_id_high = trace_ids_.high_of(joined.trace_id);
  if (joined.operation.end_ns < began_ns_ && trace_id_high == 0) return;
  const Considered considered{daemon.instance(),       joined.operation.name, joined.trace_id,
                              joined.operation.end_ns, joined.duration_ns(),  joined.spans.size(),
                              joined.failed()};
  const auto copy = [&] {
    return Operation{daemon.instance(), pid_of(daemon), trace_id_high, joined.traced()};
  };
  const std::scoped_lock lock(mutex_);
  switch (sampling_.choose(considered, joined.now.monotonic_ns)) {
    case Sampling::Choice::send:
      put(copy());
      break;
    case Sampling::Choice::hold:
      sampling_.hold(considered, copy());
      break;
    case Sampling::Choice::drop:
      counts_.rate += joined.spans.size();
      break;
    case Sampling::Choice::leave:
      break;
  }
}

void Exporter::put(Operation operation) {
  const std::size_t more = operation.traced.spans.size();
  // Once: else each operation would wake a thread that waits for a collector which is away.
  if (queued_spans_ < kMostSpans && queued_spans_ + more >= kMostSpans) wake_.notify_one();
  queued_spans_ += more;
  counts_.waiting += more;
  queue_.push_back(std::move(operation));
  while (queued_spans_ > kMostQueuedSpans) {
    const std::size_t spans = queue_.front().traced.spans.size();
    queue_.pop_front();
    queued_spans_ -= spans;
    counts_.waiting -= spans;
    counts_.queue_full += spans;
  }
}

void Exporter::put(Sampling::Released released) {
  for (Operation& operation : released.operations) put(std::move(operation));
  counts_.rate += released.dropped_spans;
}

ExportCounts Exporter::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void Exporter::run(const std::stop_token& stop) {
  outbound::block_broken_pipe();
  outbound::Peer collector(collector_of(settings_, headers_));
  for (bool ends = false, in_time = true; in_time && !ends;) {
    ends = wait(stop);
    while (in_time) {
      const std::optional<Batch> batch = next_batch();
      if (!batch) break;
      in_time = deliver(collector, *batch, stop);
    }
    say(complaints_.lost(counts(), Clock::now()));
  }
  say(complaints_.left(counts().waiting));
}

bool Exporter::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, kPeriod, [this] { return queued_spans_ >= kMostSpans; });
  const std::uint64_t now_ns = shm::monotonic_ns();
  const bool ends = stop.stop_requested();
  put(ends ? sampling_.release_all(now_ns) : sampling_.release(now_ns));
  return ends;
}

std::optional<Exporter::Batch> Exporter::next_batch() {
  if (outgoing_.empty()) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t spans = 0; spans < kMostSpans && !queue_.empty();) {
      spans += queue_.front().traced.spans.size();
      queued_spans_ -= queue_.front().traced.spans.size();
      outgoing_.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  if (outgoing_.empty()) return std::nullopt;
  TraceRequest request(host_);
  while (!outgoing_.empty() && request.spans() < kMostSpans && request.bytes() < kMostBytes) {
    request.add(outgoing_.front());
    outgoing_.pop_front();
  }
  return Batch{gzip(request.text()), request.spans()};
}

bool Exporter::deliver(outbound::Peer& collector, const Batch& batch, const std::stop_token& stop) {
  const Clock::time_point given_up = Clock::now() + kGivenUpAfter;
  for (;;) {
    const Answer answer = collector.post(batch.body, [&] { return deadline(stop); });
    const Verdict verdict = verdict_of(answer);
    if (verdict == Verdict::taken) {
      taken(batch, answer);
      return true;
    }
    if (verdict == Verdict::refused) {
      complaints_.refused(told(answer));
      settle(&ExportCounts::refused, batch.spans);
      return true;
    }
    if (stop.stop_requested()) return false;
    say(complaints_.away(told(answer), counts()));
    if (Clock::now() >= given_up) {
      settle(&ExportCounts::given_up, batch.spans);
      return true;
    }
    const auto delay = outbound::delay_after(kBackoff, ++failures_, answer.retry_after,
                                             std::generate_canonical<double, 32>(random_));
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, delay, [] { return false; });
  }
}

void Exporter::taken(const Batch& batch, const Answer& answer) {
  failures_ = 0;
  const PartialSuccess partial = partial_success(answer.body);
  const std::uint64_t rejected = std::min<std::uint64_t>(partial.rejected_spans, batch.spans);
  if (rejected != 0) complaints_.refused(partial.message);
  settle(&ExportCounts::refused, rejected);
  settle(&ExportCounts::sent, batch.spans - rejected);
  {
    const std::scoped_lock lock(mutex_);
    counts_.last_success_realtime_ns = shm::realtime_ns();
  }
  say(complaints_.back(counts()));
}

Exporter::Clock::time_point Exporter::deadline(const std::stop_token& stop) {
  if (stop.stop_requested() && !end_) end_ = Clock::now() + kLastTry;
  return end_.value_or(Clock::time_point::max());
}

void Exporter::settle(std::uint64_t ExportCounts::*fate, std::uint64_t spans) {
  const std::scoped_lock lock(mutex_);
  counts_.*fate += spans;
  counts_.waiting -= spans;
}

}  // namespace goxel_telemetry::http_bridge::otlp
