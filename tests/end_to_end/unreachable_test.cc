// An endpoint where nobody answers: the only test that has to wait for its minute.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

class Unreachable : public EndToEnd {};

TEST_F(Unreachable, NothingListensFor60Seconds) {
  // Bound and not listening: nobody else gets the port, and connections are refused.
  const int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(holder, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(holder, reinterpret_cast<sockaddr*>(&address), &size), 0);
  Settings settings;
  settings.port = ntohs(address.sin_port);
  write_config(settings);
  const Ended ended = run("sale", write_audience("tokens.txt", {.tokens = 3000}));
  expect_one_line(ended, 3, {"sale", fmt::format("127.0.0.1:{}", settings.port), "endpoint.url"});
  EXPECT_GE(ended.seconds, 59);
  EXPECT_LT(ended.seconds, 75);
  EXPECT_EQ(report_.at("state"), "paused");
  EXPECT_EQ(number(report_, "/pending"), number(report_, "/records"));
  expect_adds_up(report_);
  EXPECT_EQ(number(report_, "/requests/sent"), 0u);
  EXPECT_EQ(herald({"ledger", "dump"}).out, "");
  close(holder);
}

}  // namespace
}  // namespace herald::e2e
