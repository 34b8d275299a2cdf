// SPDX-License-Identifier: GPL-3.0-or-later
// Which traceparents are valid, by the W3C's Trace Context, and that both doors agree on it.
#include "plugin/traceparent.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/plugin/abi_fixture.h"
#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

struct Case {
  std::string_view text;
  std::uint64_t trace_id;  // the last 16 digits of the trace id; 0: not valid
};
constexpr std::uint64_t kLow = 0x8448eb211c80319c;
constexpr Case kCases[] = {
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kLow},
    {"00-0123456789abcdeffedcba9876543210-0000000000000001-ff", 0xfedcba9876543210},
    {"00-00000000000000008448eb211c80319c-8000000000000000-00", kLow},
    // Later versions, also such that go on.
    {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kLow},
    {"0f-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kLow},
    {"f0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kLow},
    {"ef-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kLow},
    {"fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kLow},
    {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", kLow},
    {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-WHAT.ever comes", kLow},
    {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.", 0},
    {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011", 0},
    {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.-", 0},
    // Of the wrong length.
    {"", 0},
    {"00", 0},
    {"00-0af7651916cd43dd8448eb211c80319c", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", 0},
    {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", 0},
    // Values that are not allowed.
    {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 0},
    {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", 0},
    {"00-00000000000000000000000000000000-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", 0},
    // Characters that are not allowed.
    {"0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 0},
    {"x0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 0},
    {"0A-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 0},
    {"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319`-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319/-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319:-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd-448eb211c80319c-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-B7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333x-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-x1", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0F", 0},
    {"00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01", 0},
    {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01", 0},
};

TEST(Traceparent, MeansTheSameHoweverItIsCut) {
  for (const Case& c : kCases) {
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut) {
      TraceparentReader reader;
      reader.read(c.text.data(), cut);
      reader.read(c.text.data() + cut, c.text.size() - cut);
      EXPECT_EQ(reader.trace_id(), c.trace_id) << c.text << " cut at " << cut;
    }
    TraceparentReader reader;
    for (const char& character : c.text) reader.read(&character, 1);
    EXPECT_EQ(reader.trace_id(), c.trace_id) << c.text;
  }
}

using TraceparentByAbi = Abi;

TEST_F(TraceparentByAbi, GivesARecordItsTraceId) {
  ASSERT_EQ(activate(), 0);
  watch();
  for (const Case& c : kCases) {
    goxel_plugin_request request{};
    request.size = sizeof request;
    request.traceparent = c.text.data();
    request.traceparent_length = c.text.size();
    plugin_.request_finished(plugin_.request_received(&request), GOXEL_STATUS_OK, 0);
    const auto found = records();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].trace_id, c.trace_id) << c.text;
  }
}

TEST_F(TraceparentByAbi, IsOptional) {
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.request_finished(received("ping"), GOXEL_STATUS_OK, 0);
  const auto found = records();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].trace_id, 0u);
}

using TraceparentByPreload = Requests;

TEST_F(TraceparentByPreload, GivesARecordItsTraceId) {
  for (const Case& c : kCases) {
    const std::string message = R"({"method": "ping", "_meta": {"traceparent": ")" +
                                std::string(c.text) + R"("}, "id": 1})";
    receive(message);
    send(kPong);
    for (const char& character : message) receive(std::string(1, character));
    send(kPong);
    const auto found = records();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].trace_id, c.trace_id) << c.text;
    EXPECT_EQ(found[1].trace_id, c.trace_id) << c.text << ", character by character";
  }
}

}  // namespace
}  // namespace goxel_telemetry::plugin
