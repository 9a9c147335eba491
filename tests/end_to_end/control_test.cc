// Asking and steering a campaign while another process runs it, and what is left afterwards.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "herald/engine.h"
#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string first_token(const fs::path& audience) { return lines_of(content(audience)).front(); }

std::uint64_t count_of(const std::string& text, std::string_view what) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++count;
  return count;
}

class Control : public EndToEnd {
 protected:
  // A campaign that would take a minute: 2000 devices a second, 100 a request.
  std::unique_ptr<Program> start_long(const std::string& id, const Pushsim& service) {
    audience_ = write_audience(
        id + ".txt",
        {.tokens = 120'000, .duplicate_every = 50, .malformed_every = 300, .invalid_every = 70});
    return start(id, service, R"({"rate": 2000, "tokensPerRequest": 100})");
  }
  std::unique_ptr<Program> start(const std::string& id, const Pushsim& service,
                                 const std::string& policy) {
    auto program = start_herald(
        {"run", write_job(id, audience_.file, policy), "--progress", "none", "--json"});
    const std::string log = content(service.log());
    const auto before = static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
    EXPECT_TRUE(wait_for_lines(service.log(), before + 5, *program))
        << content(dir_ / "herald-1.err");
    return program;
  }
  std::string print(const Arguments& arguments) {
    const Ended ended = herald(arguments);
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }
  std::uint64_t charged(const std::string& klass) {
    std::uint64_t sum = 0;
    for (const std::string& line : lines_of(print({"ledger", "dump"}))) {
      std::istringstream fields(line);
      std::string day, device, which, card;
      std::uint64_t count = 0;
      fields >> day >> device >> which >> card >> count;
      if (which == klass) sum += count;
    }
    return sum;
  }
  fs::path socket_file() const { return dir_ / "data" / "control"; }

  Audience audience_;
};

TEST_F(Control, WhileACampaignRunsItsOwnerIsAsked) {
  const auto service = pushsim();
  const auto owner = start_long("sale", *service);

  const auto list = boost::json::parse(print({"status", "--json"})).as_array();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].at("campaign"), "sale");
  EXPECT_EQ(list[0].at("app"), "demo");
  EXPECT_EQ(list[0].at("state"), "running");
  EXPECT_THAT(print({"status"}), HasSubstr("sale      demo  running"));
  const Json one = parse_json(print({"status", "sale", "--json"}));
  EXPECT_EQ(one.at("state"), "running");
  EXPECT_GE(number(one, "/accepted"), 400u);
  EXPECT_EQ(number(one, "/settled") + number(one, "/pending"), number(one, "/records"));
  EXPECT_GT(number(one, "/bytes_total"), 0u);
  EXPECT_THAT(print({"status", "sale"}), HasSubstr("% of the audience\n"));

  const Json report = report_of("sale");
  expect_adds_up(report);
  EXPECT_EQ(report.at("state"), "running");
  EXPECT_GE(number(report, "/outcomes/accepted"), 400u);
  EXPECT_EQ(number(report, "/outcomes/ambiguous"), 0u);
  EXPECT_THAT(print({"report", "sale"}), HasSubstr("state       running\n"));

  const Ended explained = [&] { return herald({"explain", first_token(audience_.file)}); }();
  EXPECT_THAT(explained.out, HasSubstr("marketing                    1 of 2"));
  EXPECT_THAT(explained.out, HasSubstr("sale record 1: accepted"));
  EXPECT_GE(charged("marketing"), number(report, "/outcomes/accepted"));
  const std::string named = print({"ledger", "dump", "--tokens", audience_.file});
  EXPECT_THAT(named, HasSubstr("\t" + first_token(audience_.file) + "\tmarketing\t-\t1\n"));

  ASSERT_TRUE(owner->running());
  EXPECT_EQ(print({"pause", "sale"}), "sale: paused\n");
  const Ended ended = owner->wait();
  EXPECT_EQ(ended.status, 3);
  EXPECT_THAT(ended.err, HasSubstr("herald: sale: paused: paused by an operator"));
  EXPECT_EQ(print({"report", "sale", "--json"}), ended.out);  // I14
  expect_bounds(report_of("sale"), service->stop());
}

// I14: who has its outcome keeps it, byte for byte, whoever prints it, and whenever.
TEST_F(Control, OutcomesAskedWhileItRunsAreThoseOfLater) {
  const auto service = pushsim();
  const auto owner = start_long("sale", *service);
  std::map<std::string, std::string> early;
  for (const std::string format : {"jsonl", "tsv"}) {
    early[format] = print({"outcomes", "sale", "--all", "--format", format});
    EXPECT_GE(lines_of(early[format]).size(), 400u);
    EXPECT_EQ(count_of(early[format], "ambiguous"), 0u);
  }
  const std::string explained = print({"explain", first_token(audience_.file), "--json"});
  ASSERT_TRUE(owner->running());
  print({"pause", "sale"});
  owner->wait();
  for (const auto& [format, text] : early) {
    const auto listed = lines_of(print({"outcomes", "sale", "--all", "--format", format}));
    const std::set<std::string> late(listed.begin(), listed.end());
    for (const std::string& line : lines_of(text)) EXPECT_TRUE(late.contains(line)) << line;
  }
  EXPECT_EQ(print({"explain", first_token(audience_.file), "--json"}), explained);
  // What the report counts is what is listed.
  const Json report = report_of("sale");
  const std::string all = print({"outcomes", "sale", "--all"});
  for (const auto& outcome : report.at("outcomes").as_object()) {
    const std::string name(outcome.key());
    EXPECT_EQ(count_of(all, "\"outcome\":\"" + name + '"'),
              outcome.value().to_number<std::uint64_t>())
        << name;
  }
}

// What is read from a pipe is in a copy that is still being written.
TEST_F(Control, OutcomesOfAPipeAreThereWhileItIsOpen) {
  const auto service = pushsim();
  audience_ = write_audience("tokens.txt", {.tokens = 3000});
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const auto owner = start_herald(
      {"run", write_job("sale", audience_.file), "--audience", "-", "--progress", "none"}, ends[0]);
  close(ends[0]);
  const std::string text = content(audience_.file);
  ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ASSERT_TRUE(wait_for_lines(service->log(), 3, *owner));
  std::string listed;
  for (int i = 0; i < 100 && lines_of(listed).size() < 3000; ++i) {
    listed = print({"outcomes", "sale", "--all"});  // the last answer may not be written down yet
  }
  EXPECT_EQ(count_of(listed, "\"accepted\""), 3000u);
  EXPECT_THAT(print({"explain", first_token(audience_.file)}),
              HasSubstr("sale record 1: accepted"));
  close(ends[1]);
  EXPECT_EQ(owner->wait().status, 0);
  EXPECT_EQ(print({"outcomes", "sale", "--all"}), listed);
}

TEST_F(Control, ACancelledCampaignGivesBackWhatWasNotSent) {
  // Told to slow down again and again: there is always something that waits to be sent once more.
  const auto service = pushsim({"--qps", "3000"});
  audience_ = write_audience("tokens.txt", {.tokens = 100'000, .duplicate_every = 100});
  const auto owner = start("sale", *service, R"({"tokensPerRequest": 250})");
  EXPECT_EQ(print({"cancel", "sale"}), "sale: cancelled\n");
  const Ended ended = owner->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  const Json report = report_of("sale");
  EXPECT_EQ(print({"report", "sale", "--json"}), ended.out);
  EXPECT_EQ(report.at("state"), "cancelled");
  EXPECT_EQ(number(report, "/pending"), 0u);
  EXPECT_GT(number(report, "/outcomes/cancelled"), 0u);
  const std::string all = print({"outcomes", "sale", "--all"});
  EXPECT_EQ(count_of(all, "\"outcome\":\"cancelled\""), number(report, "/outcomes/cancelled"));
  EXPECT_EQ(count_of(all, "\n"), number(report, "/records"));
  EXPECT_EQ(charged("marketing"), number(report, "/outcomes/accepted"));

  expect_one_line(herald({"cancel", "sale"}), 2, {"sale", "cancelled", "nothing left"});
  expect_one_line(herald({"pause", "sale"}), 2, {"sale", "cancelled, not running"});
  EXPECT_EQ(herald({"resume", "sale"}).status, 0);
  EXPECT_EQ(report_of("sale"), report);
  expect_bounds(report, service->stop());
}

TEST_F(Control, APausedCampaignIsResumedAndSteeredAgain) {
  const auto service = pushsim();
  auto owner = start_long("sale", *service);
  print({"pause", "sale"});
  EXPECT_EQ(owner->wait().status, 3);
  const Json paused = report_of("sale");
  const auto requests = lines_of(content(service->log())).size();
  owner = start_herald({"resume", "--progress", "none"});
  ASSERT_TRUE(wait_for_lines(service->log(), requests + 5, *owner));
  EXPECT_EQ(parse_json(print({"status", "sale", "--json"})).at("state"), "running");
  const Json running = report_of("sale");
  expect_adds_up(running);
  EXPECT_EQ(running.at("state"), "running");
  EXPECT_GT(number(running, "/outcomes/accepted"), number(paused, "/outcomes/accepted"));
  EXPECT_EQ(print({"cancel", "sale"}), "sale: cancelled\n");
  EXPECT_EQ(owner->wait().status, 0);
  const Json cancelled = report_of("sale");
  EXPECT_EQ(number(cancelled, "/pending"), 0u);
  const std::string all = print({"outcomes", "sale", "--all"});
  EXPECT_EQ(count_of(all, "\n"), number(cancelled, "/records"));
  expect_bounds(cancelled, service->stop());
}

TEST_F(Control, APausedCampaignCanBeCancelled) {
  const auto service = pushsim({"--qps", "3000"});
  audience_ = write_audience("tokens.txt", {.tokens = 100'000});
  const auto owner = start("sale", *service, R"({"tokensPerRequest": 250})");
  print({"pause", "sale"});
  owner->wait();
  const Json paused = report_of("sale");
  ASSERT_GT(number(paused, "/pending"), 0u);
  expect_one_line(herald({"pause", "sale"}), 2, {"sale", "paused, not running"});
  EXPECT_EQ(parse_json(print({"cancel", "sale", "--json"})).at("state"), "cancelled");
  const Json report = report_of("sale");
  expect_adds_up(report);
  EXPECT_EQ(report.at("state"), "cancelled");
  EXPECT_EQ(number(report, "/pending"), 0u);
  EXPECT_EQ(number(report, "/outcomes/cancelled"), number(paused, "/pending"));
  EXPECT_EQ(number(report, "/outcomes/accepted"), number(paused, "/outcomes/accepted"));
  // One device of those, explained.
  const std::string all = print({"outcomes", "sale", "--format", "tsv"});
  ASSERT_THAT(all, HasSubstr("\tcancelled\t-"));
  const std::string line = lines_of(all).front();
  const std::string token = line.substr(line.find('\t') + 1, 112);
  EXPECT_THAT(print({"explain", token.substr(0, token.find('\t'))}), HasSubstr(": cancelled\n"));
}

TEST_F(Control, AKilledCampaignCanBeCancelledAndItsDoubtsStay) {
  const auto service = pushsim({"--latency", "200ms"});
  const auto owner = start_long("sale", *service);
  owner->signal(SIGKILL);
  owner->wait();
  ASSERT_TRUE(fs::exists(socket_file()));  // stale
  const Json killed = report_of("sale");
  EXPECT_EQ(killed.at("state"), "paused");
  ASSERT_GT(number(killed, "/outcomes/ambiguous"), 0u);
  EXPECT_THAT(print({"status", "sale"}), HasSubstr("state       paused"));
  EXPECT_EQ(print({"cancel", "sale"}), "sale: cancelled\n");
  const Json report = report_of("sale");
  expect_adds_up(report);
  EXPECT_EQ(report.at("state"), "cancelled");
  EXPECT_EQ(number(report, "/outcomes/ambiguous"), number(killed, "/outcomes/ambiguous"));
  expect_bounds(report, service->stop());
}

TEST_F(Control, CampaignsAreListedInTheOrderTheyWereMade) {
  const auto service = pushsim();
  const Audience few = write_audience("few.txt", {.tokens = 10});
  ASSERT_EQ(run("first", few).status, 0);
  const auto owner = start_long("second", *service);
  for (const bool over : {false, true}) {
    const auto list = boost::json::parse(print({"status", "--json"})).as_array();
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].at("campaign"), "first");
    EXPECT_EQ(list[0].at("state"), "finished");
    EXPECT_EQ(list[0].at("accepted").to_number<int>(), 10);
    EXPECT_EQ(list[1].at("campaign"), "second");
    EXPECT_EQ(list[1].at("state"), over ? "paused" : "running");
    EXPECT_EQ(parse_json(print({"status", "first", "--json"})).at("state"), "finished");
    if (over) break;
    expect_one_line(herald({"pause", "first"}), 2, {"first", "finished, not running"});
    expect_one_line(herald({"cancel", "first"}), 2, {"first", "finished", "nothing left"});
    for (const char* verb : {"status", "report", "outcomes", "pause", "cancel"}) {
      expect_one_line(herald({verb, "third"}), 2, {"campaign third is not in", "herald.toml"});
    }
    print({"pause", "second"});
    owner->wait();
  }
}

TEST_F(Control, TheSocketIsTheOwnersAloneAndGoesWithIt) {
  const auto service = pushsim();
  {
    const auto owner = start_long("killed", *service);
    owner->signal(SIGKILL);
    owner->wait();
  }
  ASSERT_TRUE(fs::exists(socket_file()));
  const auto owner = start_long("sale", *service);  // in its place
  struct stat status {};
  ASSERT_EQ(lstat(socket_file().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(parse_json(print({"status", "sale", "--json"})).at("state"), "running");
  owner->signal(SIGINT);
  EXPECT_EQ(owner->wait().status, 130);
  EXPECT_FALSE(fs::exists(socket_file()));
}

// sun_path has 108 bytes.
TEST_F(Control, ADataDirectoryMayHaveALongName) {
  const auto service = pushsim();
  Settings settings;
  settings.port = service->port();
  settings.data_dir = std::string(120, 'd') + "/" + std::string(120, 'e');
  write_config(settings);
  const auto owner = start_long("sale", *service);
  EXPECT_EQ(parse_json(print({"status", "sale", "--json"})).at("state"), "running");
  EXPECT_EQ(print({"cancel", "sale"}), "sale: cancelled\n");
  EXPECT_EQ(owner->wait().status, 0);
}

// An engine that a program links in has no socket.
TEST_F(Control, AnOwnerWithoutASocketIsNamed) {
  const auto service = pushsim();
  auto engine = Engine::open(Config::load(config_).value());
  ASSERT_TRUE(engine.has_value());
  for (const Arguments& verb : std::vector<Arguments>{{"status"},
                                                      {"status", "sale"},
                                                      {"report", "sale"},
                                                      {"outcomes", "sale"},
                                                      {"explain", "token"},
                                                      {"ledger", "dump"},
                                                      {"pause", "sale"},
                                                      {"cancel", "sale"}}) {
    const Ended ended = herald(verb);
    expect_one_line(ended, 72, {fmt::format("in use by process {}", getpid())});
    EXPECT_EQ(ended.out, "");
  }
}

// --- the socket itself ---

class ControlSocket : public Control {
 protected:
  int connected() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string path = socket_file();
    std::copy(path.begin(), path.end(), name.sun_path);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    return fd;
  }
  static std::string read_all(int fd) {
    std::string all;
    char bytes[4096];
    for (ssize_t size = 0; (size = read(fd, bytes, sizeof bytes)) > 0;) {
      all.append(bytes, static_cast<std::size_t>(size));
    }
    close(fd);
    return all;
  }
  std::string ask(const std::string& request) const {
    const int fd = connected();
    for (std::size_t sent = 0; sent < request.size();) {
      const ssize_t put = send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (put <= 0) break;  // refused before it was all there
      sent += static_cast<std::size_t>(put);
    }
    return read_all(fd);
  }
  std::string get(const std::string& target) const {
    return ask("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  std::string post(const std::string& target, const std::string& type, const std::string& body) {
    return ask(
        fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    target, type, body.size(), body));
  }
};

TEST_F(ControlSocket, AnswersWhatItKnowsAndRefusesTheRest) {
  const auto service = pushsim();
  const auto owner = start_long("sale", *service);
  EXPECT_THAT(get("/v1/campaigns"), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\"sale\"")));
  EXPECT_THAT(get("/v1/campaigns/sale/report"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\"state\":\"running\"")));
  EXPECT_THAT(get("/v1/campaigns/other/report"), StartsWith("HTTP/1.1 404 "));
  for (const char* path :
       {"/", "/v1", "/v1/campaigns/", "/v1/campaigns/sale", "/v1/campaigns/sale/",
        "/v1/campaigns/../report", "/v1/campaigns/sale/report/", "/v1/campaigns/a%20b/report",
        "/v1/store/", "/v1/store/groups", "/v1/store/groups?from=", "/v1/store/groups?from=1x",
        "/v1/store/blocks", "/v1/campaignss", "*"}) {
    EXPECT_THAT(get(path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  EXPECT_THAT(get("/v1/campaigns/sale/cancel"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(post("/v1/campaigns", "application/json", "{}"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(post("/v1/store/meta", "application/json", "{}"), StartsWith("HTTP/1.1 405 "));
  const std::string cancel = "/v1/campaigns/sale/cancel";
  EXPECT_THAT(post(cancel, "text/plain", "{}"), StartsWith("HTTP/1.1 415 "));
  for (const char* body : {"", "[]", "{", R"({"force": true})"}) {
    EXPECT_THAT(post(cancel, "application/json", body), StartsWith("HTTP/1.1 400 ")) << body;
  }
  const std::string large(65 << 10, ' ');
  EXPECT_THAT(post(cancel, "application/json", large), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(get("/" + std::string(9 << 10, 'a')), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask(std::string(100, '\0')), StartsWith("HTTP/1.1 400 "));
  // No token comes out of it (I80).
  const std::string all = get("/v1/store/groups?from=0") + get("/v1/store/campaigns");
  EXPECT_GT(all.size(), 4000u);
  EXPECT_EQ(all.find("IQAAAACy"), all.npos);

  EXPECT_EQ(parse_json(print({"status", "sale", "--json"})).at("state"), "running");
  EXPECT_THAT(post(cancel, "application/json", "{}"),
              testing::EndsWith(R"({"campaign":"sale","state":"cancelled"})"));
  EXPECT_EQ(owner->wait().status, 0);
}

TEST_F(ControlSocket, ASlowRequestIsRefusedAndConnectionsAreCounted) {
  const auto service = pushsim();
  const auto owner = start_long("sale", *service);
  std::vector<int> idle;
  for (int i = 0; i < 8; ++i) idle.push_back(connected());
  (void)!write(idle[0], "GET /v1/cam", 11);
  EXPECT_THAT(read_all(connected()), StartsWith("HTTP/1.1 503 "));
  expect_one_line(herald({"status"}), 72, {"in use by process"});
  for (const int fd : idle) EXPECT_THAT(read_all(fd), StartsWith("HTTP/1.1 408 "));  // after 5 s
  EXPECT_EQ(parse_json(print({"status", "sale", "--json"})).at("state"), "running");
  // Who does not read an answer, or does not ask at all, does not keep the owner.
  const int silent = connected();
  const int deaf = connected();
  (void)!write(deaf, "GET /v1/store/groups?from=0 HTTP/1.1\r\n\r\n", 40);
  owner->signal(SIGTERM);
  const Ended ended = owner->wait();
  EXPECT_EQ(ended.status, 130);
  close(silent);
  close(deaf);
}

}  // namespace
}  // namespace herald::e2e
