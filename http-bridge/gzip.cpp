// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/gzip.h"

#include <zlib.h>

namespace goxel_telemetry::http_bridge {

std::string gzip(std::string_view text, Effort effort) {
  constexpr int kWindowBits = 15 + 16;  // + 16: gzip's head and checksum, not zlib's
  constexpr int kMemoryLevel = 8;       // zlib's default
  z_stream stream{};
  if (deflateInit2(&stream, effort == Effort::most ? Z_BEST_COMPRESSION : Z_BEST_SPEED, Z_DEFLATED,
                   kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write there
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(is_whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace goxel_telemetry::http_bridge
