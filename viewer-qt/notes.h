// SPDX-License-Identifier: GPL-3.0-or-later
// What people wrote about moments of a daemon: a small text file for each instance, in the user's data folder.
#pragma once

#include <QList>
#include <QString>
#include <cstdint>
#include <string>

#include "viewer-qt/models/time_points.h"

namespace goxel_telemetry::viewer {

class Notes {
 public:
  static constexpr qsizetype kMost = 1'000;     // of one instance; more are not read
  static constexpr qsizetype kMostChars = 500;  // of one note; the rest is cut

  // Reads those of an instance. Lines that are no notes are left out.
  void read(const std::string& instance);
  const QList<Mark>& all() const { return notes_; }  // in the order of time
  // Adds a line "NANOSECONDS TAB TEXT" to the file. Empty if done, else a sentence.
  std::string add(std::uint64_t realtime_ns, const QString& text);

 private:
  QString file_;
  QList<Mark> notes_;
};

}  // namespace goxel_telemetry::viewer
