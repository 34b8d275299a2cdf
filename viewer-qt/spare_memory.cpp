// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/spare_memory.h"

#include <malloc.h>
#include <QTimer>

namespace goxel_telemetry::viewer {

void give_back_spare_memory(QObject* owner) {
  constexpr int kEveryMs = 60'000;
  auto* timer = new QTimer(owner);
  QObject::connect(timer, &QTimer::timeout, owner, [] { malloc_trim(0); });
  timer->start(kEveryMs);
}

}  // namespace goxel_telemetry::viewer
