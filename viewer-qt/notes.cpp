// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/notes.h"

#include <QDir>
#include <QFile>
#include <QStandardPaths>
#include <algorithm>

namespace goxel_telemetry::viewer {
namespace {

constexpr qint64 kMostBytes = 1 << 20;  // of a file that somebody else may have written

QString one_line(const QString& text) {
  return text.simplified().left(Notes::kMostChars);
}

bool earlier(const Mark& a, const Mark& b) {
  return a.at_ns < b.at_ns;
}

}  // namespace

void Notes::read(const std::string& instance) {
  notes_.clear();
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
  file_ = folder.isEmpty() ? QString()
                           : folder + QStringLiteral("/goxel-telemetry/notes/") +
                                 QString::fromStdString(instance) + QStringLiteral(".txt");
  QFile file(file_);
  if (!file.open(QIODevice::ReadOnly)) return;
  const QStringList lines = QString::fromUtf8(file.read(kMostBytes)).split(QLatin1Char('\n'));
  for (const QString& line : lines) {
    const qsizetype tab = line.indexOf(QLatin1Char('\t'));
    bool ok = false;
    const std::uint64_t at = line.left(tab).toULongLong(&ok);
    if (tab < 1 || !ok || notes_.size() == kMost) continue;
    notes_.append({at, MarkKind::note, one_line(line.mid(tab + 1))});
  }
  std::stable_sort(notes_.begin(), notes_.end(), earlier);
}

std::string Notes::add(std::uint64_t realtime_ns, const QString& text) {
  const Mark mark{realtime_ns, MarkKind::note, one_line(text)};
  QFile file(file_);
  const bool made = !file_.isEmpty() && QDir().mkpath(QFileInfo(file_).path()) &&
                    file.open(QIODevice::WriteOnly | QIODevice::Append);
  const QByteArray line =
      QByteArray::number(static_cast<qulonglong>(realtime_ns)) + '\t' + mark.text.toUtf8() + '\n';
  if (!made || file.write(line) != line.size() || !file.flush()) {
    return "the note cannot be written to " +
           (file_.isEmpty() ? "a data folder" : file_.toStdString()) + ": " +
           file.errorString().toStdString();
  }
  notes_.insert(std::upper_bound(notes_.begin(), notes_.end(), mark, earlier), mark);
  return {};
}

}  // namespace goxel_telemetry::viewer
