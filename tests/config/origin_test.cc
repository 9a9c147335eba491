#include "engine/config/origin.h"

#include <gtest/gtest.h>

namespace herald::config {
namespace {

TEST(Origin, IsAHostAndAPort) {
  EXPECT_EQ(parse_origin("https://push-api.cloud.huawei.com")->host, "push-api.cloud.huawei.com");
  EXPECT_EQ(parse_origin("https://push-api.cloud.huawei.com")->port, 443);
  EXPECT_EQ(parse_origin("https://127.0.0.1:8443")->host, "127.0.0.1");
  EXPECT_EQ(parse_origin("https://127.0.0.1:8443")->port, 8443);
  EXPECT_EQ(parse_origin("https://localhost:1/")->port, 1);
  EXPECT_EQ(parse_origin("https://[::1]:8443")->host, "::1");
  EXPECT_EQ(parse_origin("https://[::1]:8443")->port, 8443);
  EXPECT_EQ(parse_origin("https://[fe80::1]")->port, 443);
}

TEST(Origin, TokensNeverGoOutInTheClear) {
  const auto origin = parse_origin("http://127.0.0.1:8080");
  ASSERT_FALSE(origin);
  EXPECT_EQ(origin.error().what,
            "must start with https://; write https://host or https://host:port");
}

TEST(Origin, NothingMoreIsTaken) {
  for (const char* url : {"",
                          "https://",
                          "https:///",
                          "https://a/b",
                          "https://a//",
                          "https://a?b",
                          "https://a#b",
                          "https://user@a",
                          "https://a:",
                          "https://a:0",
                          "https://a:65536",
                          "https://a:1x",
                          "https://a:b:1",
                          "https://a b",
                          "https://[::1",
                          "https://[::1]8443",
                          "https://[a]",
                          "https://a\r\nx",
                          "HTTPS://a",
                          "https://::1"}) {
    EXPECT_FALSE(parse_origin(url)) << url;
  }
}

}  // namespace
}  // namespace herald::config
