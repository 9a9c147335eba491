// What is refused: one line that says what, where and what to do, its exit status, nothing sent.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using testing::HasSubstr;

class BadInput : public EndToEnd {
 protected:
  BadInput() {
    settings_.port = service_->port();
    audience_ = write_audience("tokens.txt", {.tokens = 1000});
  }
  // Runs the job and sees that it was refused before anything was sent.
  void expect_refused(const fs::path& job, int status, std::initializer_list<std::string> says) {
    const Ended ended = herald({"run", job, "--progress", "none"});
    expect_one_line(ended, status, says);
    EXPECT_EQ(ended.out, "");
    EXPECT_LT(ended.seconds, 5);
    for (const char* trace : {"terminate", "Assertion", "what():"}) {
      EXPECT_EQ(ended.err.find(trace), ended.err.npos) << ended.err;
    }
    expect_nothing_received();
  }
  void expect_nothing_received() {
    const Json account = service_->stop();
    EXPECT_EQ(number(account, "/requests/received"), 0u);
  }
  fs::path job() { return write_job("sale", audience_.file); }

  std::unique_ptr<Pushsim> service_ = pushsim();
  Settings settings_;
  Audience audience_;
};

TEST_F(BadInput, MissingKeyFile) {
  settings_.key_file = "keys/absent.json";
  write_config(settings_);
  expect_refused(job(), 73, {"herald.toml:", "app \"demo\"", "keys/absent.json", "No such file"});
}

TEST_F(BadInput, KeyFileThatOthersMayRead) {
  ASSERT_EQ(chmod((dir_ / "keys/service-account.json").c_str(), 0644), 0);
  expect_refused(job(), 73, {"herald.toml:", "service-account.json", "0644", "chmod 600"});
}

TEST_F(BadInput, KeyFileThatIsALink) {
  fs::create_symlink("service-account.json", dir_ / "keys/link.json");
  settings_.key_file = "keys/link.json";
  write_config(settings_);
  expect_refused(job(), 73, {"link.json", "symbolic link"});
}

TEST_F(BadInput, KeyFileThatIsNoKeyDoesNotShowItself) {
  write_file(dir_ / "keys/secret.json", R"({"private_key": "s3cr3t-canary"})");
  ASSERT_EQ(chmod((dir_ / "keys/secret.json").c_str(), 0600), 0);
  settings_.key_file = "keys/secret.json";
  write_config(settings_);
  const Ended ended = herald({"run", job(), "--progress", "none"});
  expect_one_line(ended, 73, {"secret.json"});
  EXPECT_EQ(ended.err.find("s3cr3t-canary"), ended.err.npos);
  expect_nothing_received();
}

TEST_F(BadInput, KeyOfAnotherProject) {
  settings_.project = "555";
  write_config(settings_);
  expect_refused(job(), 2, {"herald.toml:", "1234567890", "555"});
}

TEST_F(BadInput, CertificateThatDoesNotVerify) {
  make_keys("others");
  settings_.ca_file = "others/tls.crt";
  write_config(settings_);
  const Ended ended = herald({"run", job(), "--progress", "none"});
  expect_one_line(ended, 3, {"sale", "127.0.0.1", "nothing was sent"});
  EXPECT_LT(ended.seconds, 20);
  expect_nothing_received();
}

TEST_F(BadInput, CertificateOfAnotherName) {
  const fs::path dir = dir_ / "second";
  fs::create_directory(dir);
  Pushsim other(dir, dir_ / "keys/service-account.pub.pem", utc_offset_,
                {"--listen", "127.0.0.2:0"});
  settings_.host = "127.0.0.2";
  settings_.port = other.port();
  write_config(settings_);
  const Ended ended = herald({"run", job(), "--progress", "none"});
  expect_one_line(ended, 3, {"sale", "127.0.0.2", "nothing was sent"});
  EXPECT_EQ(number(other.stop(), "/requests/received"), 0u);
}

TEST_F(BadInput, CaFileThatIsMissing) {
  settings_.ca_file = "keys/absent.crt";
  write_config(settings_);
  expect_refused(job(), 2, {"absent.crt"});
}

TEST_F(BadInput, MissingConfiguration) {
  fs::remove(config_);
  expect_refused(job(), 2, {"herald.toml", "No such file"});
}

TEST_F(BadInput, UnknownConfigurationKey) {
  settings_.ledger_more = "midnight_gard = \"5s\"\n";
  write_config(settings_);
  expect_refused(job(), 2, {"herald.toml:10", "midnight_gard"});
}

TEST_F(BadInput, UnknownJobKey) {
  const fs::path file = dir_ / "odd.json";
  write_file(file, R"({
  "id": "odd",
  "app": "demo",
  "pushType": 0,
  "audiance": {"file": "tokens.txt"},
  "payload": {"notification": {"category": "MARKETING", "title": "t", "body": "b",
                               "clickAction": {"actionType": 0}}}
})");
  expect_refused(file, 2, {"odd.json:5", "audiance"});
}

TEST_F(BadInput, JobThatIsNoJson) {
  write_file(dir_ / "odd.json", "{\"id\": \"odd\",\n \"app\": }\n");
  expect_refused(dir_ / "odd.json", 2, {"odd.json:2"});
}

TEST_F(BadInput, MissingJob) {
  expect_refused(dir_ / "absent.json", 2, {"absent.json", "No such file"});
}

TEST_F(BadInput, MissingAudience) {
  expect_refused(write_job("sale", dir_ / "absent.txt"), 2, {"absent.txt", "No such file"});
}

TEST_F(BadInput, AudienceThatIsADirectory) {
  expect_refused(write_job("sale", dir_), 2, {dir_.string()});
}

TEST_F(BadInput, AppThatIsNotConfigured) {
  const fs::path file = job();
  std::string text = content(file);
  text.replace(text.find("demo"), 4, "shop");
  write_file(file, text);
  expect_refused(file, 2, {"shop", "herald.toml"});
}

TEST_F(BadInput, UnknownOptionAndVerb) {
  expect_one_line(herald({"run", job(), "--fast"}), 2, {"--fast", "herald run --help"});
  expect_one_line(herald({"sprint"}), 2, {"sprint"});
  expect_one_line(herald({}), 2, {"herald --help"});
  expect_one_line(herald({"outcomes", "../x"}), 2, {"../x"});
  expect_nothing_received();
}

TEST_F(BadInput, ReportFileThatCannotBeWritten) {
  const Ended ended =
      herald({"run", job(), "--report", dir_ / "no/where.json", "--progress", "none"});
  expect_one_line(ended, 2, {"no/where.json"});
  expect_nothing_received();
}

TEST_F(BadInput, CampaignIdUsedAgain) {
  ASSERT_EQ(run("sale", audience_).status, 0);
  const std::string report = herald({"report", "sale", "--json"}).out;
  expect_one_line(herald({"run", job(), "--progress", "none"}), 2,
                  {"sale", "finished", "another id"});
  expect_one_line(herald({"check", job()}), 2, {"sale", "finished", "another id"});
  expect_one_line(herald({"run", job(), "--report", audience_.file}), 2, {"--report", "audience"});
  EXPECT_EQ(herald({"report", "sale", "--json"}).out, report);
  EXPECT_EQ(number(service_->stop(), "/requests/received"), 1u);
}

// The service limits the body without its tokens to 4096 bytes.
TEST_F(BadInput, ABodyOf4096BytesIsSentAndOneOf4097Refused) {
  const std::uint64_t empty =
      number(parse_json(herald({"check", job(), "--json"}).out), "/body_bytes");
  ASSERT_GT(empty, 0u);
  const auto job_of = [&](const std::string& id, std::uint64_t bytes) {
    const fs::path file = write_job(id, audience_.file);
    std::string text = content(file);
    // The id is in the body too, as biTag: all of them have four letters, like "sale".
    text.replace(text.find(R"("body": "b")"), 11,
                 fmt::format(R"("body": "{}")", std::string(bytes - empty + 1, 'b')));
    write_file(file, text);
    return file;
  };
  const Ended fits = herald({"run", job_of("fits", 4096), "--progress", "none", "--json"});
  EXPECT_EQ(fits.status, 0) << fits.err;
  EXPECT_EQ(number(parse_json(fits.out), "/body_bytes"), 4096u);
  EXPECT_EQ(number(parse_json(fits.out), "/outcomes/accepted"), 1000u);
  expect_one_line(herald({"run", job_of("over", 4097), "--progress", "none"}), 2,
                  {"over.json:", "4097", "4096"});
  EXPECT_EQ(number(service_->stop(), "/requests/received"), 1u);
}

TEST_F(BadInput, DataDirectoryInUse) {
  const auto slow = pushsim({"--latency", "1s", "--max-streams", "1"});
  const Audience many = write_audience("many.txt", {.tokens = 20000});
  const auto first = start_herald({"run", write_job("long", many.file), "--progress", "none"});
  ASSERT_TRUE(wait_for_lines(slow->log(), 1, *first));
  // What only reads asks the owner (control_test.cc).
  for (const Arguments& call : {Arguments{"run", job(), "--progress", "none"}, Arguments{"resume"},
                                Arguments{"fsck"}, Arguments{"resend-ambiguous", "long"}}) {
    const Ended second = herald(call);
    expect_one_line(second, 72, {(dir_ / "data").string(), "in use by process"});
    EXPECT_LT(second.seconds, 1);
  }
  first->signal(SIGINT);
  EXPECT_EQ(first->wait().status, 130);
  expect_bounds(report_of("long"), slow->stop());
}

TEST_F(BadInput, DataDirectoryThatIsAFile) {
  write_file(dir_ / "data", "x");
  expect_refused(job(), 70, {(dir_ / "data").string()});
}

TEST_F(BadInput, TooLittleRoom) {
  settings_.ledger_more = "";
  std::string text = content(write_config(settings_));
  text.replace(text.find("\"1MiB\""), 6, "\"100000GiB\"");
  write_file(config_, text);
  expect_refused(job(), 70, {"min_free"});
}

// What signs is not what the service knows: at most one renewal, and no record gets an outcome.
TEST_F(BadInput, KeyThatTheServiceDoesNotKnow) {
  make_keys("others");
  const fs::path dir = dir_ / "second";
  fs::create_directory(dir);
  Pushsim other(dir, dir_ / "others/service-account.pub.pem", utc_offset_, {});
  use(other);
  const Ended ended = run("sale", write_audience("many.txt", {.tokens = 20000}));
  expect_one_line(ended, 3, {"sale", "credentials", "clock"});
  const Json account = other.stop();
  EXPECT_GE(number(account, "/requests/received"), 1u);
  EXPECT_LE(number(account, "/requests/received"), 2u);
  EXPECT_EQ(report_.at("state"), "paused");
  expect_bounds(report_, account);
  EXPECT_EQ(number(report_, "/pending"), number(report_, "/records"));
  EXPECT_EQ(herald({"ledger", "dump"}).out, "");
}

}  // namespace
}  // namespace herald::e2e
