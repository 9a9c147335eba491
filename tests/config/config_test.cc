// The configuration: what a short one means, and what each mistake is called, with its line.
#include "herald/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace herald {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kApp = R"([[app]]
name = "demo"
package = "com.example.demo"
project_id = "1234567890"
key_file = "keys/demo.json"
)";

Result<Config> parse(std::string_view toml) { return Config::parse(toml, "conf/x.toml"); }

Result<Config> parse_app(std::string_view more) {
  return parse(std::string(kApp) + std::string(more));
}

std::string mistake(std::string_view toml) {
  const auto config = parse(toml);
  if (config) return "no error";
  EXPECT_EQ(config.error().code, Errc::config);
  EXPECT_EQ(config.error().what.find('\n'), std::string::npos) << config.error().what;
  return config.error().what;
}

std::string app_mistake(std::string_view more) {
  return mistake(std::string(kApp) + std::string(more));
}

TEST(Config, EverythingButTheAppHasADefault) {
  const Config config = parse(kApp).value();
  EXPECT_EQ(config.data_dir, "conf/var/herald");
  EXPECT_EQ(config.endpoint.host, "push-api.cloud.huawei.com");
  EXPECT_EQ(config.endpoint.port, 443);
  EXPECT_TRUE(config.endpoint.ca_file.empty());
  EXPECT_EQ(config.ledger.utc_offset, 8h);
  EXPECT_EQ(config.ledger.durability, Durability::sync);
  ASSERT_EQ(config.apps.size(), 1u);
  const AppConfig& app = *config.app("demo");
  EXPECT_EQ(app.package, "com.example.demo");
  EXPECT_EQ(app.project_id, "1234567890");
  EXPECT_EQ(app.marketing_per_day, 2u);
  EXPECT_EQ(app.form_per_day, 2u);
  EXPECT_EQ(app.rate, 6000u);
  EXPECT_EQ(config.app("other"), nullptr);
}

// The fuzzer's find: what the TOML parser saw went into the error as it was.
TEST(Config, SyntaxErrorEscapesTheControlBytesThatItQuotes) {
  const std::string text = mistake("http1_fallback = tru\x06");
  EXPECT_THAT(text, StartsWith("conf/x.toml:1: "));
  EXPECT_THAT(text, HasSubstr("tru\\x06"));
}

TEST(Config, PathsAreRelativeToTheFile) {
  const Config config = parse(R"(data_dir = "data"
[endpoint]
ca_file = "/etc/ca.pem"
[[app]]
name = "demo"
package = "com.example.demo"
project_id = "1234567890"
key_file = "../keys/demo.json"
)")
                            .value();
  EXPECT_EQ(config.data_dir, "conf/data");
  EXPECT_EQ(config.endpoint.ca_file, "/etc/ca.pem");
  EXPECT_EQ(config.apps[0].key_file, "conf/../keys/demo.json");
  EXPECT_EQ(config.apps[0].key_file_at, "conf/x.toml:8");
}

TEST(Config, EveryKeyIsRead) {
  const Config config = parse(R"(data_dir = "/data"
[endpoint]
url = "https://127.0.0.1:8443"
ca_file = "ca.pem"
connect_timeout = "250ms"
request_timeout = "10s"
max_connections = 3
http1_fallback = false
[engine]
ingest_threads = 2
sender_threads = 4
memory = 8388608
slice = "1MiB"
[ledger]
utc_offset = "-03:30"
midnight_guard = "2s"
lateness = "20s"
durability = "process"
device_daily_cap = 100
min_free = "64KiB"
retention = "7d"
[[app]]
name = "demo"
package = "com.example.demo"
project_id = "1234567890"
client_id = "987654321"
key_file = "k"
category = "shopping"
marketing_per_day = 5
entitlements = ["EXPRESS", "IM"]
form_per_day = 50
rate = 12000
)")
                            .value();
  EXPECT_EQ(config.data_dir, "/data");
  EXPECT_EQ(config.endpoint.host, "127.0.0.1");
  EXPECT_EQ(config.endpoint.port, 8443);
  EXPECT_EQ(config.endpoint.ca_file, "conf/ca.pem");
  EXPECT_EQ(config.endpoint.connect_timeout, 250ms);
  EXPECT_EQ(config.endpoint.request_timeout, 10s);
  EXPECT_EQ(config.endpoint.max_connections, 3u);
  EXPECT_FALSE(config.endpoint.http1_fallback);
  EXPECT_EQ(config.engine.ingest_threads, 2u);
  EXPECT_EQ(config.engine.sender_threads, 4u);
  EXPECT_EQ(config.engine.memory, 8388608u);
  EXPECT_EQ(config.engine.slice, 1u << 20);
  EXPECT_EQ(config.ledger.utc_offset, -210min);
  EXPECT_EQ(config.ledger.midnight_guard, 2s);
  EXPECT_EQ(config.ledger.lateness, 20s);
  EXPECT_EQ(config.ledger.durability, Durability::process);
  EXPECT_EQ(config.ledger.device_daily_cap, 100u);
  EXPECT_EQ(config.ledger.min_free, 65536u);
  EXPECT_EQ(config.ledger.retention, 168h);
  EXPECT_EQ(config.apps[0].client_id, "987654321");
  EXPECT_EQ(config.apps[0].marketing_per_day, 5u);
  EXPECT_EQ(config.apps[0].form_per_day, 50u);
  EXPECT_EQ(config.apps[0].rate, 12000u);
  EXPECT_THAT(config.apps[0].entitlements, testing::ElementsAre("EXPRESS", "IM"));
}

TEST(Config, CategoryDecidesTheMarketingLimitAndAnUnknownOneGetsTheStrictest) {
  EXPECT_EQ(parse_app("category = \"news\"")->apps[0].marketing_per_day, 5u);
  EXPECT_EQ(parse_app("category = \"shopping\"")->apps[0].marketing_per_day, 2u);
  EXPECT_EQ(parse_app("category = \"no such thing\"")->apps[0].marketing_per_day, 2u);
  EXPECT_EQ(parse_app("category = \"news\"\nmarketing_per_day = 1")->apps[0].marketing_per_day, 1u);
  EXPECT_EQ(parse_app("marketing_per_day = 0")->apps[0].marketing_per_day, 0u);
}

TEST(Config, WhatHasNoEntitlementCountsAsMarketing) {
  const Config config = parse_app("entitlements = [\"EXPRESS\", \"MARKETING\"]").value();
  EXPECT_FALSE(config.apps[0].counts_as_marketing("EXPRESS"));
  EXPECT_TRUE(config.apps[0].counts_as_marketing("IM"));
  EXPECT_TRUE(config.apps[0].counts_as_marketing("MARKETING"));
  EXPECT_TRUE(config.apps[0].counts_as_marketing("express"));
  EXPECT_TRUE(config.apps[0].counts_as_marketing(""));
}

TEST(ConfigMistake, UnknownKeyIsNamedWithItsLineAndWhatIsKnown) {
  EXPECT_EQ(mistake("data_dir = \"x\"\n[endpoint]\nur = \"https://a\"\n"),
            "conf/x.toml:3: [endpoint]: unknown key \"ur\"; known: url, ca_file, connect_timeout, "
            "request_timeout, max_connections, http1_fallback");
  EXPECT_EQ(mistake("\n[servers]\n"),
            "conf/x.toml:2: unknown key \"servers\"; known: data_dir, endpoint, engine, ledger, "
            "rules, app");
  EXPECT_THAT(mistake("[engine]\nthreads = 1"),
              StartsWith("conf/x.toml:2: [engine]: unknown key \"threads\"; known: "));
  EXPECT_THAT(mistake("[ledger]\nguard = \"1s\""),
              StartsWith("conf/x.toml:2: [ledger]: unknown key \"guard\"; known: "));
  EXPECT_THAT(app_mistake("projectid = \"1\""),
              StartsWith("conf/x.toml:6: app \"demo\": unknown key \"projectid\"; known: name, "));
  EXPECT_THAT(mistake("[endpoint]\n\"a\\nb\" = 1"), HasSubstr(R"(unknown key "a\x0ab")"));
}

TEST(ConfigMistake, RequiredKeysOfAnApp) {
  for (const std::string key : {"package", "project_id", "key_file"}) {
    std::string toml(kApp);
    const std::size_t start = toml.find(key);
    toml.erase(start, toml.find('\n', start) - start);
    EXPECT_EQ(mistake(toml), "conf/x.toml:1: app \"demo\": " + key + " is missing");
  }
  EXPECT_EQ(mistake("\n[[app]]\npackage = \"a\"\nproject_id = \"1\"\nkey_file = \"k\""),
            "conf/x.toml:2: [[app]]: name is missing");
}

TEST(ConfigMistake, MisspeltKeyIsNamedRatherThanTheMissingOne) {
  EXPECT_THAT(mistake("[[app]]\nname = \"demo\"\npackge = \"a\""),
              StartsWith("conf/x.toml:3: app \"demo\": unknown key \"packge\""));
}

struct Bad {
  const char* toml;
  const char* what;
};

TEST(ConfigMistake, ValuesOutOfRangeNameTheRange) {
  for (const Bad& bad : {
           Bad{"[endpoint]\nmax_connections = 0", "0 is out of range; write 1 to 1024"},
           Bad{"[endpoint]\nmax_connections = 1025", "1025 is out of range"},
           Bad{"[endpoint]\nconnect_timeout = \"0s\"", "out of range; write 1ms to 10m"},
           Bad{"[endpoint]\nrequest_timeout = \"11m\"", "\"11m\" is out of range"},
           Bad{"[engine]\nmemory = \"7MiB\"", "7MiB is out of range; write 8MiB to 1TiB"},
           Bad{"[engine]\nmemory = -1", "is no size"},
           Bad{"[engine]\nmemory = \"1GB\"", "is no size; write one like \"256MiB\""},
           Bad{"[engine]\nslice = \"1KiB\"", "1KiB is out of range; write 4KiB to 1TiB"},
           Bad{"[engine]\ningest_threads = 0", "write 1 to 64"},
           Bad{"[engine]\nsender_threads = 65", "write 1 to 64"},
           Bad{"[ledger]\ndevice_daily_cap = 4096", "4096 is out of range; write 0 to 4095"},
           Bad{"[ledger]\nretention = \"90m\"", "must be whole hours"},
           Bad{"[ledger]\nmidnight_guard = \"2h\"", "write 0ms to 1h"},
           Bad{"[ledger]\nlateness = \"29s\"", "29s is below request_timeout, 30s"},
           Bad{"[endpoint]\nrequest_timeout = \"61s\"", "1m is below request_timeout, 61s"},
           Bad{"[ledger]\nutc_offset = \"8\"", "\"8\" is no offset; write one like \"+08:00\""},
           Bad{"[ledger]\ndurability = \"none\"", "\"none\" is none; write \"sync\""},
       }) {
    EXPECT_THAT(mistake(bad.toml), HasSubstr(bad.what));
    EXPECT_THAT(mistake(bad.toml), StartsWith("conf/x.toml:")) << bad.toml;
  }
  EXPECT_EQ(app_mistake("rate = 0"),
            "conf/x.toml:6: app \"demo\": rate: 0 is out of range; write 1 to 10000000");
  EXPECT_THAT(app_mistake("rate = 10000001"), HasSubstr("out of range"));
  EXPECT_THAT(app_mistake("marketing_per_day = 16"), HasSubstr("write 0 to 15"));
}

TEST(ConfigMistake, TypesAreNotConverted) {
  for (const Bad& bad : {
           Bad{"data_dir = 5", "data_dir: must be a string"},
           Bad{"endpoint = 5", "endpoint: must be a table: [endpoint]"},
           Bad{"app = 5", "app: must be tables: [[app]]"},
           Bad{"app = [5]", "app: must be tables: [[app]]"},
           Bad{"[endpoint]\nhttp1_fallback = \"yes\"", "must be true or false"},
           Bad{"[endpoint]\nmax_connections = \"3\"", "must be a whole number"},
           Bad{"[endpoint]\nmax_connections = 3.0", "must be a whole number"},
           Bad{"[endpoint]\nconnect_timeout = 5", "is no duration; write one like"},
           Bad{"[endpoint]\nurl = 5", "url: must be a string"},
       }) {
    EXPECT_THAT(mistake(bad.toml), HasSubstr(bad.what));
  }
  EXPECT_THAT(app_mistake("entitlements = \"IM\""), HasSubstr("must be a list of strings"));
  EXPECT_THAT(app_mistake("entitlements = [5]"), HasSubstr("must be a list of strings"));
  EXPECT_THAT(app_mistake("entitlements = [\"im\"]"), HasSubstr("\"im\" is no message category"));
}

TEST(ConfigMistake, UrlIsHttpsWithoutAPath) {
  EXPECT_EQ(mistake("[endpoint]\nurl = \"http://a\""),
            "conf/x.toml:2: [endpoint]: url: \"http://a\" must start with https://; write "
            "https://host or https://host:port");
  EXPECT_THAT(mistake("[endpoint]\nurl = \"https://a/v3\""), HasSubstr("has a path"));
}

TEST(ConfigMistake, NamesFitPathsAndKeys) {
  const auto with_name = [](const std::string& name) {
    return "[[app]]\nname = \"" + name +
           "\"\npackage = \"a\"\nproject_id = \"1\"\nkey_file = \"k\"\n";
  };
  EXPECT_TRUE(parse(with_name(std::string(64, 'a'))));
  EXPECT_THAT(mistake(with_name(std::string(65, 'a'))), HasSubstr("must be 1 to 64 of"));
  EXPECT_THAT(mistake(with_name("")), HasSubstr("must be 1 to 64 of A-Z a-z 0-9 . _ -"));
  EXPECT_THAT(mistake(with_name("a/b")), HasSubstr("name: \"a/b\" must be"));
  EXPECT_THAT(
      mistake("[[app]]\nname = \"x\"\npackage = \"a\"\nproject_id = \"1/../2\"\nkey_file = \"k\""),
      HasSubstr("conf/x.toml:4: app \"x\": project_id: \"1/../2\" must be"));
}

TEST(ConfigMistake, AppsAndTheirPackagesAreThereOnce) {
  EXPECT_EQ(app_mistake(kApp), "conf/x.toml:6: app \"demo\": there is one of that name already");
  EXPECT_THAT(app_mistake("[[app]]\nname = \"twin\"\npackage = \"com.example.demo\"\n"
                          "project_id = \"1234567890\"\nkey_file = \"k\""),
              HasSubstr("app \"twin\": package com.example.demo is app \"demo\" already"));
}

TEST(ConfigMistake, TomlErrorsHaveTheirLine) {
  EXPECT_THAT(mistake("data_dir = \"x\"\n[endpoint\n"), StartsWith("conf/x.toml:2: "));
  EXPECT_THAT(mistake("data_dir = \"x\"\ndata_dir = \"y\"\n"), StartsWith("conf/x.toml:2: "));
}

TEST(ConfigMistake, FileThatIsNotThere) {
  const auto config = Config::load("/nonexistent/x.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().what,
            "/nonexistent/x.toml: cannot read the configuration (No such file or directory); name "
            "another with --config FILE");
  EXPECT_THAT(Config::load("/").error().what, HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace herald
