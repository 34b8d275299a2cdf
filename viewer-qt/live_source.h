// SPDX-License-Identifier: GPL-3.0-or-later
// Follows a daemon and the layers outside of it on a thread of its own, keeps what it saw, and answers what the window
// looks at. The window only draws finished values.
#pragma once

#include <QList>
#include <QObject>
#include <QThread>

#include "viewer-qt/look.h"

namespace goxel_telemetry::viewer {

// A process that has, or left behind, a segment on this machine. All text is untrusted.
struct Instance {
  QString name;
  QString state;    // "live", "retired", "dead", "corrupt"; empty: the segment cannot be read
  QString program;  // may be empty
};

class LiveSource : public QObject {
  Q_OBJECT
 public:
  // Starts at once. An empty `instance` means the only one on the machine, once there is only one.
  // `history_file`: the bridge's; may be empty.
  LiveSource(const QString& instance, const QString& history_file, QObject* parent = nullptr);
  ~LiveSource() override;

  // Goes over to another instance.
  void watch(const QString& instance);
  // What the window shows from now on. Is answered at once and, while its range goes on, once a second. The selection's
  // instance does not matter: see watch().
  void look_at(const Look& look);
  // A window that nobody sees needs no values. Reading goes on: nothing that happens meanwhile is missed.
  void show_values(bool shown);
  // Is answered by traced().
  void trace(const metrics::FoundRecord& record);
  // Writes a note at a moment, CLOCK_REALTIME, for all who look at this daemon from this account.
  void note(std::uint64_t realtime_ns, const QString& text);

 Q_SIGNALS:
  // Twelve times a second, but only after the window has taken the one before.
  void refreshed(const FramePointer& frame);
  void answered(const ViewPointer& view);
  // Every ten seconds, and first with the first answer.
  void day_passed(const DayPointer& day);
  void traced(const TracePointer& trace);
  // A daemon died while it was followed, or had died before.
  void died(const EndPointer& end);
  // Once, when a daemon begins to be followed: something has got slower in the last quarter of an hour. Look::slowdown
  // then shows what.
  void got_slower();
  // Something has got slower and still is, is so no longer (null), or something else did.
  void slowdown_changed(const SlowdownPointer& slowdown);
  // Once a second while no live daemon is followed: all instances on this machine.
  void looked_around(const QList<Instance>& instances);

 private:
  class Reader;

  QThread thread_;
  Reader* reader_;  // lives on thread_, and ends with it
};

}  // namespace goxel_telemetry::viewer
