// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/stream/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge {
namespace {

using testing::HasSubstr;

RequestHead asking(const std::string& protocols = "") {
  RequestHead head;
  head.method = "GET";
  head.target = kStreamPath;
  head.host = "localhost:9464";
  head.upgrades = true;
  head.websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";
  head.websocket_version = "13";
  head.websocket_protocols = protocols;
  return head;
}

int status(const Access& access, const RequestHead& head) {
  const auto refused = refused_stream(access, head);
  return refused ? refused->status : 0;
}

TEST(StreamHandshake, FirstKnownProtocolIsChosen) {
  const auto chosen = [](const char* offered) { return chosen_protocol(asking(offered)); };
  EXPECT_EQ(chosen("").name, "");
  EXPECT_EQ(chosen("chat, goxel-telemetry.v1").name, "goxel-telemetry.v1");
  EXPECT_EQ(chosen("goxel-telemetry.v1").encoding, documents::StreamEncoding::json);
  EXPECT_EQ(chosen("goxel-telemetry.v1.msgpack,goxel-telemetry.v1").encoding,
            documents::StreamEncoding::msgpack);
  EXPECT_EQ(chosen("goxel-telemetry.v2, GOXEL-TELEMETRY.V1, goxel-telemetry.token.eHl6").name, "");
}

TEST(StreamHandshake, TokenComesByAuthorizationOrAsAProtocol) {
  const Access access = Access::for_address("192.0.2.1", "sixteen?characters>/");
  EXPECT_EQ(status(access, asking()), 401);
  RequestHead head = asking();
  head.authorization = "Bearer sixteen?characters>/";
  EXPECT_EQ(status(access, head), 0);
  // printf %s 'sixteen?characters>/' | basenc --base64url
  EXPECT_EQ(status(access, asking("goxel-telemetry.token.c2l4dGVlbj9jaGFyYWN0ZXJzPi8")), 0);
  EXPECT_EQ(
      status(access,
             asking("a, goxel-telemetry.v1 ,goxel-telemetry.token.c2l4dGVlbj9jaGFyYWN0ZXJzPi8")),
      0);
  for (const char* wrong :
       {"goxel-telemetry.token.", "goxel-telemetry.token.c2l4dGVlbj9jaGFyYWN0ZXJzPi",
        "goxel-telemetry.token.c2l4dGVlbj9jaGFyYWN0ZXJzPi8=", "goxel-telemetry.token.!!!!",
        "goxel-telemetry.token.c", "token.c2l4dGVlbj9jaGFyYWN0ZXJzPi8"}) {
    EXPECT_EQ(status(access, asking(wrong)), 401) << wrong;
  }
  head = asking("goxel-telemetry.token.c2l4dGVlbj9jaGFyYWN0ZXJzPi8");
  head.authorization = "Bearer another";
  EXPECT_EQ(status(access, head), 401) << "what is said as Authorization counts";
}

TEST(StreamHandshake, NoPageOfAnotherOriginGetsTheStream) {
  const Access access = Access::for_address("127.0.0.1", "");
  RequestHead head = asking();
  for (const char* own : {"", "http://localhost:9464", "https://LOCALHOST:9464"}) {
    head.origin = own;
    EXPECT_EQ(status(access, head), 0) << own;
  }
  for (const char* other :
       {"null", "http://localhost", "http://localhost:9465", "http://evil.example",
        "http://localhost:9464.evil.example", "file://", "localhost:9464"}) {
    head.origin = other;
    EXPECT_EQ(status(access, head), 403) << other;
  }
  head.origin = "";
  head.host = "evil.example";
  EXPECT_EQ(status(access, head), 403) << "a name that was pointed here";
}

TEST(StreamHandshake, OtherWebSocketsThanThoseOfTheStandardAreRefused) {
  const Access access = Access::for_address("127.0.0.1", "");
  RequestHead head = asking();
  head.websocket_version = "8";
  EXPECT_EQ(status(access, head), 400);
  head = asking();
  head.websocket_key = "";
  EXPECT_EQ(status(access, head), 400);
}

TEST(StreamHandshake, WhoAsksByHttpIsToldWhatTheStreamIs) {
  const Response response = stream_is_a_websocket();
  EXPECT_EQ(response.status, 426);
  EXPECT_TRUE(response.upgrades);
  EXPECT_THAT(response.body, HasSubstr("WebSocket"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
