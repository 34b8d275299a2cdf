// SPDX-License-Identifier: GPL-3.0-or-later
// The page that is shown while there is no daemon: what is waited for, which instances there are,
// and how to switch the plugin on.
#pragma once

#include <QWidget>
#include <memory>

#include "viewer-qt/live_source.h"

namespace Ui {  // uic puts its classes there
class WaitingPage;
}

namespace goxel_telemetry::viewer {

class WaitingPage : public QWidget {
  Q_OBJECT
 public:
  explicit WaitingPage(QWidget* parent = nullptr);
  ~WaitingPage() override;

  // An empty `instance` means the only one.
  void wait_for(const QString& instance);
  // How to switch the plugin on is no help where it is.
  void explain_the_plugin(bool explained);
  void show_instances(const QList<Instance>& instances);

 Q_SIGNALS:
  void chosen(const QString& instance);

 private:
  std::unique_ptr<Ui::WaitingPage> ui_;
};

}  // namespace goxel_telemetry::viewer
