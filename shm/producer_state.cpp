// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/producer_state.h"

namespace goxel_telemetry::shm {

const char* to_string(ProducerState state) {
  switch (state) {
    case ProducerState::absent:
      return "absent";
    case ProducerState::not_permitted:
      return "not_permitted";
    case ProducerState::unusable:
      return "unusable";
    case ProducerState::live:
      return "live";
    case ProducerState::retired:
      return "retired";
    case ProducerState::dead:
      return "dead";
  }
  return "absent";
}

}  // namespace goxel_telemetry::shm
