// SPDX-License-Identifier: GPL-3.0-or-later
// What came back from a peer, and how long to leave it alone after that.
#pragma once

#include <chrono>
#include <string>

namespace goxel_telemetry::http_bridge::outbound {

struct Answer {
  // Of HTTP or SMTP; 0: none came. Of a mail: 250 if it was taken, else that of the reply which refused it.
  int status = 0;
  std::string problem;  // why none came
  std::chrono::seconds retry_after{0};
  std::string body;  // its beginning; of a mail, the replies that refused something
};

struct Backoff {
  std::chrono::milliseconds first;
  std::chrono::milliseconds longest;
  std::chrono::seconds longest_retry_after;  // longer ones that the peer asks for are this
};

// How long to wait after so many failures one after the other. `random`: from 0 to 1, so that not all senders come back at the
// same moment.
std::chrono::milliseconds delay_after(const Backoff& backoff, unsigned failures,
                                      std::chrono::seconds retry_after, double random);

}  // namespace goxel_telemetry::http_bridge::outbound
