// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of every record, and what the lanes' counters add up to.
#include <gmock/gmock.h>

#include <utility>

#include "tests/plugin/requests_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

using testing::ElementsAre;

class Counters : public Requests {
 protected:
  using Bytes = std::pair<std::uint64_t, std::uint64_t>;  // in, out
  std::vector<Bytes> bytes() {
    std::vector<Bytes> found;
    for (const shm::Record& record : records())
      found.push_back({record.bytes_in, record.bytes_out});
    return found;
  }
  std::uint64_t duration_of_the_record() {
    const auto found = records();
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? 0 : found[0].duration_ticks;
  }
};

// A message's bytes are those from its first bracket to its last; a line's include its newline.
TEST_F(Counters, EveryRecordHasItsBytesAndItsLaneTheirSums) {
  const std::string one = R"({"method": "a", "id": 1})";        // 24 bytes
  const std::string done = R"({"result": 0, "id": 1})";         // 22
  const std::string fails = R"({"error": 0, "id": 1})";         // 21
  const std::string unrelated = R"({"error": 0, "id": null})";  // 24

  receive(one + "\n");
  send(done + "\n");
  EXPECT_THAT(bytes(), ElementsAre(Bytes{24, 22})) << "ok";
  receive(one);
  send(fails);
  EXPECT_THAT(bytes(), ElementsAre(Bytes{24, 21})) << "error";
  receive("[" + one + ", " + one + "]");
  send("[" + done + "]");
  EXPECT_THAT(bytes(), ElementsAre(Bytes{52, 24})) << "batch";
  receive("garbage\n{bad json}");
  EXPECT_THAT(bytes(), ElementsAre(Bytes{8, 0}, Bytes{10, 0})) << "malformed";
  send(unrelated + unrelated);
  receive(R"({"method": "big", )");  // 18, of a message that is not all there
  send(unrelated);
  EXPECT_THAT(bytes(), ElementsAre(Bytes{18, 24})) << "answered early";
  receive(R"("id": 1})");
  receive_long_ago(one);
  observer_->housekeep(now());
  EXPECT_THAT(bytes(), ElementsAre(Bytes{24, 0})) << "unanswered";
  receive(one);
  observer_->send_failed(kFd);
  EXPECT_THAT(bytes(), ElementsAre(Bytes{24, 0})) << "cancelled";
  receive("GET /");
  observer_->input_ended(kFd);
  EXPECT_THAT(bytes(), ElementsAre(Bytes{5, 0})) << "malformed, cut off";

  const shm::Totals totals = reader_->totals();
  EXPECT_EQ(totals.bytes_in, 24u + 24u + 52u + 8u + 10u + 18u + 24u + 24u + 5u);
  EXPECT_EQ(totals.bytes_out, 22u + 21u + 24u + 24u);
  EXPECT_THAT(totals.by_status, ElementsAre(2, 2, 1, 3, 1, 0));
  EXPECT_EQ(totals.published, 9u);
}

// No thread worked on the others for as long as they waited.
TEST_F(Counters, OnlyWhatWasAnsweredIsBusyTime) {
  receive_long_ago(request("a", 1));
  send(answer(1));
  const std::uint64_t ok = duration_of_the_record();
  receive_long_ago(request("a", 2));
  send(R"({"error": 0, "id": 2})");
  const std::uint64_t error = duration_of_the_record();
  const std::uint64_t limit = recorder_->unanswered_after_ticks();
  EXPECT_GE(ok, limit);
  EXPECT_GE(error, limit);

  receive_long_ago(request("a", 3));
  observer_->housekeep(now());
  EXPECT_GE(duration_of_the_record(), limit) << "unanswered";
  receive_long_ago(request("a", 4));
  observer_->send_failed(kFd);
  EXPECT_GE(duration_of_the_record(), limit) << "cancelled";
  EXPECT_EQ(reader_->totals().span_ticks, ok + error);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
