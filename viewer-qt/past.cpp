// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/past.h"

#include <QDir>
#include <QLockFile>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <algorithm>
#include <array>
#include <cassert>

#include "metrics/history/reader.h"
#include "metrics/history/rounding.h"
#include "metrics/history/writer.h"
#include "metrics/time.h"
#include "shm/clock.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

constexpr std::uint64_t kHour = 3'600;
constexpr std::uint64_t kDay = 86'400;
// Seconds for an hour, ten seconds for six, minutes for two days, hours for two months.
const metrics::HistoryRetention kKept{
    {3'600, 6 * kHour, 2 * kDay, 60 * kDay}, std::uint64_t{256} << 20, {}};

constexpr std::uint64_t kTryAgainNs = 10 * kNsPerSecond;

QString lock_in(const QString& folder) {
  return folder + QStringLiteral("/in-use");
}

// Folders of viewers that were killed. One that was made just now may not be locked yet.
void remove_abandoned(const QDir& base) {
  for (const QFileInfo& each : base.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
    constexpr qint64 kYoungSeconds = 60;
    if (each.lastModified().secsTo(QDateTime::currentDateTime()) < kYoungSeconds) continue;
    QLockFile lock(lock_in(each.filePath()));
    lock.setStaleLockTime(0);  // only the death of its process makes it stale
    if (!lock.tryLock(0)) continue;
    lock.unlock();  // or it would miss its file
    QDir(each.filePath()).removeRecursively();
  }
}

// On a disk if there is one: /tmp may be memory.
std::unique_ptr<QTemporaryDir> make_folder() {
  const QString name = QStringLiteral("/goxel-telemetry-viewer");
  for (const QString& place :
       {QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation), QDir::tempPath()}) {
    const QDir base(place + name);
    if (place.isEmpty() || !base.mkpath(QStringLiteral("."))) continue;
    remove_abandoned(base);
    auto folder = std::make_unique<QTemporaryDir>(base.filePath(QStringLiteral("XXXXXX")));
    if (folder->isValid()) return folder;
  }
  return nullptr;
}

}  // namespace

std::uint64_t point_seconds(std::uint64_t seconds, std::uint32_t most) {
  constexpr std::array<std::uint64_t, 16> kLengths = {
      1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1'200, 1'800, 3'600, 7'200, 21'600, 86'400};
  for (const std::uint64_t length : kLengths) {
    if (seconds <= length * most) return length;
  }
  return metrics::round_up(seconds / most + 1, kLengths.back());
}

Past::Past(std::string bridge_file) : bridge_file_(std::move(bridge_file)), folder_(make_folder()) {
  if (folder_ == nullptr) {
    message_ =
        "the past is not kept: this user can write neither a cache folder nor a temporary one";
    return;
  }
  in_use_ = std::make_unique<QLockFile>(lock_in(folder_->path()));
  in_use_->setStaleLockTime(0);
  in_use_->tryLock(0);
  const std::string file = folder_->filePath(QStringLiteral("history")).toStdString();
  metrics::HistoryResult why;
  writer_ = metrics::HistoryWriter::open(file, kKept, why);
  if (writer_ != nullptr) own_ = metrics::HistoryReader::open(file, why);
  if (!why.done()) message_ = "the past is not kept: " + why.message;
}

// The files are closed before their folder goes.
Past::~Past() {
  own_.reset();
  writer_.reset();
  in_use_.reset();
}

std::optional<metrics::ReadingPosition> Past::position(const std::string& instance) const {
  if (writer_ == nullptr) return std::nullopt;
  const auto found = writer_->positions().find(instance);
  return found == writer_->positions().end() ? std::nullopt : std::optional(found->second);
}

void Past::add(std::vector<metrics::HistoryDelta> deltas, std::uint64_t now_seconds) {
  if (writer_ == nullptr) return;
  std::erase_if(deltas, [](const metrics::HistoryDelta& one) {
    return one.delta.observed.empty() && one.delta.rollups.empty();
  });
  if (deltas.empty()) return;
  for (metrics::HistoryDelta& one : deltas) {
    one.delta.counters.clear();  // nobody asks this file for them
    for (const metrics::TimeStretch& stretch : one.delta.observed) {
      std::uint64_t& begin = own_begins_.try_emplace(one.instance, UINT64_MAX).first->second;
      begin = std::min(begin, stretch.begin_ns / kNsPerSecond);
    }
  }
  const metrics::HistoryResult result = writer_->commit(deltas, now_seconds);
  if (result.done()) return;
  message_ = "the past is no longer kept: " + result.message;
  writer_.reset();
}

metrics::HistoryReader* Past::bridge() {
  if (bridge_file_.empty() || bridge_ != nullptr) return bridge_.get();
  const std::uint64_t now = shm::monotonic_ns();
  if (bridge_tried_ns_ != 0 && now - bridge_tried_ns_ < kTryAgainNs) return nullptr;
  bridge_tried_ns_ = now;
  metrics::HistoryResult why;
  bridge_ = metrics::HistoryReader::open(bridge_file_, why);
  return bridge_.get();
}

// Both ends are multiples of `seconds`.
void Past::add_points(metrics::HistoryReader& reader, const metrics::HistoryFilter& filter,
                      std::uint64_t begin, std::uint64_t end, std::uint64_t seconds,
                      std::vector<metrics::TallyPoint>& out) {
  if (begin >= end) return;
  metrics::HistoryQuery query;
  query.filter = filter;
  query.range = {begin * kNsPerSecond, end * kNsPerSecond};
  query.points = static_cast<std::uint32_t>((end - begin) / seconds);
  metrics::HistoryTallies found;
  metrics::HistoryResult result = reader.tallies(query, found);
  if (result.outcome == metrics::HistoryOutcome::unknown) {
    // Nothing of that name has happened in the watched time.
    query.filter = {filter.instance, {}, {}, {}, {}};
    result = reader.tallies(query, found);
    for (metrics::TallyPoint& point : found.points) {
      point.tally = {};
      point.most_per_second = 0;
    }
  }
  if (!result.done()) {
    for (; begin < end; begin += seconds) out.push_back({begin, seconds, 0, 0, {}});
    return;
  }
  for (metrics::TallyPoint& point : found.points) {
    if (point.begin_seconds >= begin) out.push_back(std::move(point));
  }
}

std::vector<metrics::TallyPoint> Past::points(const metrics::HistoryFilter& filter,
                                              const metrics::TimeStretch& range,
                                              std::uint64_t seconds) {
  const metrics::Seconds whole = metrics::whole_seconds(range);
  const std::uint64_t begin = metrics::round_down(whole.begin, seconds);
  const std::uint64_t end = metrics::round_up(whole.end, seconds);
  assert((end - begin) / seconds <= metrics::HistoryQuery::kMostPoints);
  std::vector<metrics::TallyPoint> out;
  const auto known = own_begins_.find(filter.instance);
  const bool is_known = own_ != nullptr && known != own_begins_.end();
  std::uint64_t own_from = begin;
  if (bridge() != nullptr) {
    own_from = is_known ? std::clamp(metrics::round_up(known->second, seconds), begin, end) : end;
    add_points(*bridge(), filter, begin, own_from, seconds, out);
  }
  if (own_ != nullptr) add_points(*own_, filter, own_from, end, seconds, out);
  return out;
}

std::vector<std::uint64_t> Past::bridge_starts() {
  std::vector<std::uint64_t> seconds;
  if (bridge() != nullptr && !bridge_->beginnings(seconds).done()) seconds.clear();
  return seconds;
}

std::optional<metrics::Observation> Past::observe(const metrics::HistoryFilter& filter,
                                                  const metrics::TimeStretch& range) {
  std::optional<metrics::Observation> best;
  for (metrics::HistoryReader* reader : {own_.get(), bridge()}) {
    metrics::Observation found;
    if (reader == nullptr || !reader->observe(filter, range, found).done()) continue;
    if (!best || found.observed_seconds() > best->observed_seconds()) best = std::move(found);
  }
  return best;
}

}  // namespace goxel_telemetry::viewer
