// The program from end to end: keys, a free port, curl as the client, the dump at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/pushsim/program.h"
#include "tests/pushsim/receiver.h"
#include "tests/pushsim/support.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 0777;
}

TEST(Program, KeygenMakesFourFilesAndOverwritesNone) {
  const Folder folder;
  const std::string keys = folder / "keys";
  const std::string command = std::string(PUSHSIM_PROGRAM) + " keygen --bits 2048 " + keys;
  const auto made = run(command);
  EXPECT_EQ(made.first, 0) << made.second;
  EXPECT_EQ(mode_of(keys), 0700u);
  EXPECT_EQ(mode_of(keys + "/service-account.json"), 0600u);
  EXPECT_EQ(mode_of(keys + "/tls.key"), 0600u);
  const std::string account = content(keys + "/service-account.json");
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  ASSERT_EQ(parser.parse(account).get(json), simdjson::SUCCESS);
  for (const char* name : {"project_id", "key_id", "private_key", "sub_account", "auth_uri",
                           "token_uri", "auth_provider_cert_uri", "client_cert_uri"}) {
    std::string_view value;
    EXPECT_EQ(json[name].get(value), simdjson::SUCCESS) << name;
  }
  const auto again = run(command);
  EXPECT_EQ(again.first, 2);
  EXPECT_THAT(again.second, HasSubstr("exists already"));
  EXPECT_EQ(content(keys + "/service-account.json"), account);
}

TEST(Program, SaysWhatIsMissing) {
  const auto nothing = run(PUSHSIM_PROGRAM);
  EXPECT_EQ(nothing.first, 2);
  EXPECT_THAT(nothing.second, HasSubstr("pushsim: --cert is missing"));
  const auto unreadable = run(std::string(PUSHSIM_PROGRAM) + " --cert c --key k --jwk /nowhere/j");
  EXPECT_EQ(unreadable.first, 2);
  EXPECT_THAT(unreadable.second, HasSubstr("/nowhere/j"));
  EXPECT_EQ(run(std::string(PUSHSIM_PROGRAM) + " --help").first, 0);
}

TEST(Program, ServesCurlAndWritesItsDump) {
  if (run("curl --version").second.find("HTTP2") == std::string::npos) {
    GTEST_SKIP() << "skipped: there is no curl with HTTP/2";
  }
  const Folder folder;
  const std::string keys = folder / "keys";
  ASSERT_EQ(run(std::string(PUSHSIM_PROGRAM) + " keygen --bits 2048 " + keys).first, 0);
  const std::string public_key = folder / "account.pem";
  std::ofstream(public_key) << account_key().public_pem();  // so that the test can sign

  Child child({"--listen", "127.0.0.1:0", "--port-file", folder / "port", "--cert",
               keys + "/tls.crt", "--key", keys + "/tls.key", "--jwk", public_key, "--dump",
               folder / "dump.json", "--dump-devices", folder / "devices.tsv", "--keep-tokens",
               "--log", folder / "log", "--log-tokens"});
  ASSERT_THAT(child.first_line(), HasSubstr("pushsim: listening on https://127.0.0.1:"));
  std::string port = content(folder / "port");
  ASSERT_EQ(port.back(), '\n');
  port.pop_back();
  EXPECT_THAT(child.first_line(), HasSubstr(":" + port));

  const SystemClock clock(std::chrono::milliseconds{0});
  std::ofstream(folder / "headers")
      << "authorization: " << good_bearer(clock) << "\npush-type: 0\n";
  std::ofstream(folder / "body") << alert_body({"t1", "t2", "invalid-3"}, R"({"biTag":"c"})");
  const auto ask = [&](const std::string& version) {
    return run("curl -sS -i --" + version + " --cacert " + keys + "/tls.crt -H @" +
               (folder / "headers") + " --data-binary @" + (folder / "body") +
               " https://localhost:" + port + "/v3/1234567890/messages:send");
  };
  for (const std::string version : {"http2", "http1.1"}) {
    const auto answer = ask(version);
    EXPECT_EQ(answer.first, 0) << answer.second;
    EXPECT_THAT(answer.second, HasSubstr(version == "http2" ? "HTTP/2 200" : "HTTP/1.1 200 OK"));
    EXPECT_THAT(answer.second, HasSubstr("\"code\":\"80100000\""));
  }

  EXPECT_EQ(child.stop(SIGTERM), 0);
  EXPECT_THAT(content(folder / "dump.json"), HasSubstr("\"accepted\": 4, \"invalid\": 2"));
  EXPECT_THAT(content(folder / "devices.tsv"), HasSubstr("\tt1\tmarketing\t-\t2\n"));
  EXPECT_THAT(content(folder / "log"), HasSubstr("\t0\t2\tc\tt1\tt2\n"));
}

// Cards and live views through the program, two requests for one card at once, and receipts of all.
TEST(Program, CountsCardsAndPostsSignedReceipts) {
  if (run("curl --version").second.find("HTTP2") == std::string::npos) {
    GTEST_SKIP() << "skipped: there is no curl with HTTP/2";
  }
  const Folder folder;
  const std::string keys = folder / "keys";
  ASSERT_EQ(run(std::string(PUSHSIM_PROGRAM) + " keygen --bits 2048 " + keys).first, 0);
  std::ofstream(folder / "account.pem") << account_key().public_pem();
  std::ofstream(folder / "secret") << "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n";
  Receiver receiver;
  Child child({"--listen",
               "127.0.0.1:0",
               "--port-file",
               folder / "port",
               "--cert",
               keys + "/tls.crt",
               "--key",
               keys + "/tls.key",
               "--jwk",
               folder / "account.pem",
               "--dump",
               folder / "dump.json",
               "--dump-devices",
               folder / "devices.tsv",
               "--keep-tokens",
               "--latency",
               "200ms",
               "--form-limit",
               "1",
               "--receipts",
               receiver.url(),
               "--receipt-user",
               "u",
               "--receipt-secret-file",
               folder / "secret",
               "--package",
               "com.example.cards"});
  std::string port = content(folder / "port");
  ASSERT_FALSE(port.empty());
  port.pop_back();

  const SystemClock clock(std::chrono::milliseconds{0});
  std::ofstream(folder / "authorization") << "authorization: " << good_bearer(clock) << "\n";
  const auto request = [&](const char* file, const std::string& body, const std::string& type) {
    std::ofstream(folder / file) << body;
    return " --url https://localhost:" + port +
           "/v3/1234567890/messages:send -H push-type:" + type + " -H @" +
           (folder / "authorization") + " --data-binary @" + (folder / file);
  };
  const std::string curl = "curl -sS --http2 --cacert " + keys + "/tls.crt";
  const auto live = run(curl + request("live", live_view_body({"a", "b"}, 7, 0), "7"));
  EXPECT_THAT(live.second, HasSubstr("80000000"));
  // Both at once on one connection: neither waits for the other's answer.
  const auto both =
      run(curl + " --parallel --parallel-immediate" + request("card1", form_body("a", 5, 1), "1") +
          " --next -sS --http2" + " --cacert " + keys + "/tls.crt" +
          request("card2", form_body("a", 5, 2), "1"));
  EXPECT_EQ(both.first, 0) << both.second;

  EXPECT_EQ(child.stop(SIGTERM), 0);
  const std::string dump = content(folder / "dump.json");
  EXPECT_THAT(dump, HasSubstr(R"("cards": 1, "max_per_card": 2, "over_limit": 1)"));
  EXPECT_THAT(dump, HasSubstr(R"("overlapping": 1)"));
  EXPECT_THAT(dump, HasSubstr(R"("by_push_type": {"1": {"requests": 2, "tokens": 2}, "7": )"));
  EXPECT_THAT(dump, HasSubstr(R"("made": 4, "delivered": 4)"));
  EXPECT_THAT(dump, HasSubstr(R"("by_result": {"0": 3, "256": 1})"));
  const std::string devices = content(folder / "devices.tsv");
  EXPECT_THAT(devices, HasSubstr("\ta\tform\t5\t2\n"));
  EXPECT_THAT(devices, HasSubstr("\tb\tlive_view\t7\t1\n"));
  std::string receipts;
  for (const std::string& post : receiver.requests()) receipts += post;
  EXPECT_THAT(receipts, HasSubstr("X-HUAWEI-CALLBACK-ID: timestamp="));
  EXPECT_THAT(receipts, HasSubstr(R"("appPackageName":"com.example.cards")"));
  EXPECT_THAT(receipts, HasSubstr(R"("formStatus":{"formId":5,"result":256,)"));
}

}  // namespace
}  // namespace pushsim
