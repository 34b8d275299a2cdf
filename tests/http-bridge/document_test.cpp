// SPDX-License-Identifier: GPL-3.0-or-later
// The API's documents in both encodings.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "http-bridge/encode_json.h"
#include "http-bridge/encode_msgpack.h"
#include "tests/http-bridge/golden_file.h"
#include "tests/http-bridge/sample_snapshots.h"

namespace goxel_telemetry::http_bridge {
namespace {

using Json = nlohmann::ordered_json;

// The documents refer to the snapshots that they are made from.
class Document : public testing::Test {
 protected:
  SnapshotDocument snapshot() const {
    return {snapshots_.taken_realtime_ns, "", 0, snapshots_.instances};
  }
  InflightDocument inflight() const {
    return {
        snapshots_.taken_realtime_ns, "", {{snapshots_.instances[0]}, {snapshots_.instances[1]}}};
  }

  Snapshots snapshots_ = sample_snapshots();
};

std::string indented(const std::string& json) {
  return Json::parse(json).dump(1) + "\n";
}

TEST_F(Document, SnapshotAsJsonIsWhatTheGoldenFileSays) {
  snapshots_.instances.pop_back();
  expect_golden("snapshot.json", indented(encode_json(snapshot())));
}

TEST_F(Document, InflightAsJsonIsWhatTheGoldenFileSays) {
  expect_golden("inflight.json", indented(encode_json(inflight())));
}

TEST_F(Document, MsgpackHoldsTheSameMembersInTheSameOrder) {
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(snapshot())), Json::parse(encode_json(snapshot())));
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(inflight())), Json::parse(encode_json(inflight())));
}

TEST_F(Document, IdentifiersBeyond53BitsTravelAsText) {
  const Json document = Json::from_msgpack(encode_msgpack(snapshot()));
  EXPECT_EQ(document["instances"][0]["daemon"]["run_id"], "fedcba9876543210");
  EXPECT_EQ(document["instances"][0]["inflight"][0]["connection"], "ffffffffffffffff");
  EXPECT_EQ(document["instances"][0]["inflight"][0]["trace_id"], "a3ce929d0e0e4736");
}

TEST_F(Document, IdentifierIsPaddedAndZeroMeansNone) {
  EXPECT_EQ(hexadecimal(0xAB), "00000000000000ab");
  EXPECT_EQ(hexadecimal(0), "");
}

TEST_F(Document, LargestCounterKeepsAllItsDigits) {
  snapshots_.instances[0].ring.published = std::numeric_limits<std::uint64_t>::max();
  EXPECT_NE(encode_json(snapshot()).find("\"published\":18446744073709551615"), std::string::npos);
  EXPECT_EQ(Json::from_msgpack(encode_msgpack(snapshot()))["instances"][0]["ring"]["published"],
            std::numeric_limits<std::uint64_t>::max());
}

TEST_F(Document, NumberThatIsNotFiniteIsNull) {
  snapshots_.instances[0].own_cost.busy_ratio = std::numeric_limits<double>::quiet_NaN();
  snapshots_.instances[0].own_cost.seconds_total = std::numeric_limits<double>::infinity();
  for (const Json& document :
       {Json::parse(encode_json(snapshot())), Json::from_msgpack(encode_msgpack(snapshot()))}) {
    EXPECT_TRUE(document["instances"][0]["own_cost"]["busy_ratio"].is_null());
    EXPECT_TRUE(document["instances"][0]["own_cost"]["seconds_total"].is_null());
  }
}

TEST_F(Document, WhatCouldNotBeReadOfTheProcessIsNull) {
  const Json document = Json::parse(encode_json(snapshot()));
  EXPECT_TRUE(document["instances"][0]["process"]["threads"].is_null());
  EXPECT_EQ(document["instances"][0]["process"]["open_fds"], 17);
}

TEST_F(Document, TextThatNeedsEscapingSurvives) {
  const std::string name = "say \"hi\"\\\n\xE2\x82\xAC";
  snapshots_.instances[0].operations[0].key.operation = name;
  EXPECT_EQ(Json::parse(encode_json(snapshot()))["instances"][0]["operations"][0]["operation"],
            name);
}

TEST_F(Document, WithoutInstancesIsStillWhole) {
  snapshots_.instances.clear();
  const Json document = Json::parse(encode_json(snapshot()));
  EXPECT_EQ(document["schema_version"], 1);
  EXPECT_EQ(document["instances"], Json::array());
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
