// SPDX-License-Identifier: GPL-3.0-or-later
// Where the stock daemon breaks, the stand-in breaks with --stock-faults, and only with it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "running_daemon.h"
#include "test_client.h"

namespace stand_in_test {
namespace {

const std::string kBatch =
    R"([{"jsonrpc": "2.0", "method": "ping", "id": 1}, {"jsonrpc": "2.0", "method": "nope", "id": 2}])"
    "\n";

std::string echo(std::size_t bytes) {
  return R"({"jsonrpc": "2.0", "method": "echo", "id": 7, "params": {"blob": ")" +
         std::string(bytes, 'x') + "\"}}\n";
}

class Faulty : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  RunningDaemon daemon_{folder_, {"--stock-faults"}};
};

class Correct : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  RunningDaemon daemon_{folder_, {}};
};

TEST_F(Faulty, DiesOfABatch) {
  TestClient client(daemon_);
  client.send(kBatch);
  EXPECT_TRUE(client.hears_the_end());
  const int status = daemon_.wait_for_end();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSEGV);
}

TEST_F(Correct, AnswersABatchWithAnArray) {
  const json reply = TestClient(daemon_).ask(kBatch);
  ASSERT_EQ(reply.size(), 2U);
  EXPECT_EQ(reply[0]["result"]["pong"], true);
  EXPECT_EQ(reply[1]["error"]["code"], -32601);
}

TEST_F(Faulty, IsSilentAboutWhatIsMalformedAndGoesOn) {
  TestClient client(daemon_);
  for (const char* text : {"{bad json}\n", "garbage\n", "{}\n", "{\"method\": \"ping\"}\n"}) {
    client.send_and_wait_until_read(text);
    EXPECT_TRUE(client.hears_nothing()) << text;
  }
  EXPECT_EQ(client.ask(ping(3))["id"], 3);
}

TEST_F(Correct, SaysWhatIsMalformed) {
  TestClient client(daemon_);
  EXPECT_EQ(client.ask("{bad json}\n")["error"]["code"], -32700);
  EXPECT_EQ(client.ask("garbage\n")["error"]["code"], -32700);
  EXPECT_EQ(client.ask("{}\n")["error"]["code"], -32600);
  EXPECT_EQ(client.ask("{\"method\": \"ping\", \"id\": 4}\n")["id"], 4);
}

TEST_F(Faulty, IsSilentAboutAnUnknownTool) {
  TestClient client(daemon_);
  client.send("{\"tool\": \"nope\", \"arguments\": {}}\n");
  EXPECT_TRUE(client.hears_nothing());
}

TEST_F(Correct, SaysThatAToolIsUnknown) {
  const json reply = TestClient(daemon_).ask("{\"tool\": \"nope\", \"arguments\": {}}\n");
  EXPECT_EQ(reply["success"], false);
  EXPECT_EQ(reply["error"], "Unknown tool: nope");
}

TEST_F(Faulty, LosesASplitMessageAndAnswersTheNext) {
  TestClient client(daemon_);
  client.send_and_wait_until_read(R"({"jsonrpc": "2.0", "meth)");
  client.send_and_wait_until_read("od\": \"ping\", \"id\": 9}\n");
  EXPECT_TRUE(client.hears_nothing());
  EXPECT_EQ(client.ask(ping(10))["id"], 10);
}

TEST_F(Correct, JoinsASplitMessage) {
  TestClient client(daemon_);
  const std::string message = ping(9);
  for (const char c : message.substr(0, message.size() - 2)) {
    client.send_and_wait_until_read(std::string(1, c));
  }
  EXPECT_EQ(client.ask("}")["id"], 9);
}

TEST_F(Faulty, AnswersTheFirstOfSeveralAndTheRestWhenMoreBytesCome) {
  TestClient client(daemon_);
  EXPECT_EQ(client.ask(ping(1))["id"], 1);
  EXPECT_EQ(client.ask(ping(2) + ping(3) + ping(4))["id"], 2);
  EXPECT_TRUE(client.hears_nothing());
  EXPECT_EQ(client.ask("\n")["id"], 3);
  EXPECT_EQ(json::parse(client.receive())["id"], 4);
  EXPECT_TRUE(client.hears_nothing());
}

TEST_F(Faulty, NeverAnswersSeveralInTheFirstPacketOfAConnection) {
  TestClient client(daemon_);
  client.send_and_wait_until_read(ping(1) + ping(2));
  client.send_and_wait_until_read(ping(3));
  EXPECT_TRUE(client.hears_nothing());
}

TEST_F(Correct, AnswersSeveralInOrder) {
  TestClient client(daemon_);
  client.send(ping(1) + ping(2) + ping(3));
  for (int id = 1; id <= 3; ++id) EXPECT_EQ(json::parse(client.receive())["id"], id);
}

TEST_F(Faulty, IsStuckAfterAMessageOfMoreThanOneRead) {
  TestClient client(daemon_);
  EXPECT_EQ(client.ask(echo(8000))["result"]["blob"].get<std::string>().size(), 8000U);
  client.send_and_wait_until_read(echo(9000));
  client.send_and_wait_until_read(ping(1));
  EXPECT_TRUE(client.hears_nothing());
}

TEST_F(Faulty, AnswersMoreThan64KiBWithOneErrorAndIsStuck) {
  TestClient client(daemon_);
  EXPECT_EQ(client.ask(echo(70000))["error"]["message"], "Parse error: JSON message too large");
  client.send_and_wait_until_read(ping(1));
  EXPECT_TRUE(client.hears_nothing());
}

TEST_F(Correct, AnswersAMessageOfAMegabyte) {
  TestClient client(daemon_);
  EXPECT_EQ(client.ask(echo(1000000))["result"]["blob"].get<std::string>().size(), 1000000U);
  EXPECT_EQ(client.ask(ping(1))["id"], 1);
}

TEST_F(Correct, EndsAConnectionWhoseMessageIsTooLong) {
  TestClient client(daemon_);
  client.send(echo((std::size_t{16} << 20) - 1000));
  EXPECT_NE(client.receive().find("xxx"), std::string::npos);
  load_client::ClientSocket flood;
  ASSERT_TRUE(flood.connect(daemon_.socket_path()));
  flood.send(echo(std::size_t{20} << 20));  // may fail: the daemon does not read all of it
  std::string line;
  ASSERT_EQ(flood.receive_line(line, kPatience), load_client::Outcome::reply);
  EXPECT_EQ(json::parse(line)["error"]["code"], -32700);
  EXPECT_EQ(flood.receive_line(line, kPatience), load_client::Outcome::closed);
}

TEST_F(Faulty, LeaksTheDescriptorOfAClientThatHungUp) {
  const std::size_t before = daemon_.open_descriptors();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(TestClient(daemon_).ask(ping(i))["id"], i);
  EXPECT_EQ(daemon_.open_descriptors(), before + 5);
}

TEST_F(Correct, ClosesTheDescriptorOfAClientThatHungUp) {
  const std::size_t before = daemon_.open_descriptors();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(TestClient(daemon_).ask(ping(i))["id"], i);
  EXPECT_TRUE(becomes_true([&] { return daemon_.open_descriptors() == before; }));
}

TEST_F(Faulty, StillEndsOnSigtermWithConnectionsOpen) {
  TestClient idle(daemon_);
  TestClient silent(daemon_);
  silent.send(ping(1) + ping(2));
  TestClient waiting(daemon_);
  waiting.send(R"({"jsonrpc": "2.0", "method": "stand_in.sleep", "id": 1, "params": [60000]})");
  EXPECT_EQ(TestClient(daemon_).ask(ping(1))["id"], 1);
  daemon_.send_signal(SIGTERM);
  const int status = daemon_.wait_for_end();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace stand_in_test
