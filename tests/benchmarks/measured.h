// SPDX-License-Identifier: GPL-3.0-or-later
// What the request benchmarks print: one line of JSON.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <utility>
#include <vector>

inline double quantile(std::vector<double> values, double q) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

inline double median(const std::vector<double>& values) {
  return quantile(values, 0.5);
}

inline void print_measured(std::initializer_list<std::pair<const char*, double>> fields) {
  const char* separator = "{";
  for (const auto& [name, value] : fields) {
    std::printf("%s\"%s\": %.6g", separator, name, value);
    separator = ", ";
  }
  std::printf("}\n");
}

// Nanoseconds that the plugin adds to what a client waits for, and afterwards, request by request.
struct Added {
  std::vector<double> on_path;
  std::vector<double> after;
  void add(double path_ns, double after_ns) {
    on_path.push_back(path_ns);
    after.push_back(after_ns);
  }
  std::vector<double> whole() const {
    std::vector<double> sums = on_path;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += after[i];
    return sums;
  }
};

// Medians of the requests through the plugin, less those of the requests past it.
inline void print_cold(const Added& through, const Added& past) {
  print_measured({{"on_path", median(through.on_path) - median(past.on_path)},
                  {"after", median(through.after) - median(past.after)},
                  {"request", median(through.whole()) - median(past.whole())},
                  {"past", median(past.whole())}});
}
