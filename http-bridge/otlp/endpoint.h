// SPDX-License-Identifier: GPL-3.0-or-later
// Where spans are sent and how many of them, as the operator says it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace goxel_telemetry::http_bridge::otlp {

struct Settings {
  std::string url;           // as traces_url() makes it; empty: nowhere
  std::string headers_file;  // empty: none, as is the next
  std::string ca_file;       // certificates to trust in place of the system's
  double share = 0.01;       // of the operations that neither failed nor were slow
  bool operator==(const Settings&) const = default;
};

// The URL that spans are posted to: that of a collector as OTEL_EXPORTER_OTLP_ENDPOINT has it, to which /v1/traces is added
// unless it ends so. Empty if it cannot be used: then `why` is the end of a sentence, which does not repeat the URL, since there may be
// a password in it.
std::string traces_url(const std::string& endpoint, std::string& why);

// The lines "Name: value" of the headers file; empty ones and those that begin with # are left out. None if it or the file of certificates
// cannot be used: then `why` is a sentence, which repeats no value.
std::optional<std::vector<std::string>> read_headers(const Settings& settings, std::string& why);

}  // namespace goxel_telemetry::http_bridge::otlp
