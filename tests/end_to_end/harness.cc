#include "tests/end_to_end/harness.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>

extern char** environ;

namespace herald::e2e {
namespace {

using Clock = std::chrono::steady_clock;

int milliseconds_left(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

// An offset at which it is between 11 and 13 o'clock.
std::string offset_of_noon() {
  const int hour = static_cast<int>(std::time(nullptr) / 3600 % 24);
  const int offset = 12 - hour;
  return fmt::format("{}{:02}:00", offset < 0 ? '-' : '+', std::abs(offset));
}

std::size_t count_lines(const fs::path& file) {
  const std::string text = content(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// What all programs of a test said: for one that hangs, the reason may be another one's end.
std::string said_below(const fs::path& dir) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.path().extension() != ".err") continue;
    const std::string text = content(entry.path());
    all += fmt::format("{}: {}\n", entry.path().filename().string(),
                       text.substr(text.size() > 2000 ? text.size() - 2000 : 0));
  }
  return all;
}

std::string token_of(std::uint64_t number) {
  return fmt::format("IQAAAACy{:08x}{:0<96}", number, "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789");
}

}  // namespace

// --- Program ---

Program::Program(const fs::path& dir, const std::string& name, Arguments arguments, int in)
    : out_(dir / (name + ".out")), err_(dir / (name + ".err")), started_(Clock::now()) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  if (in >= 0) {
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), kFlags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_.c_str(), kFlags, 0600);
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  EXPECT_EQ(posix_spawn(&pid_, raw[0], &actions, nullptr, raw.data(), environ), 0) << arguments[0];
  posix_spawn_file_actions_destroy(&actions);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  EXPECT_GE(pidfd_, 0);
}

Program::~Program() {
  if (pid_ > 0) {
    signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) close(pidfd_);
}

void Program::signal(int number) const { EXPECT_EQ(::kill(pid_, number), 0); }

bool Program::running() const {
  pollfd ended{pidfd_, POLLIN, 0};
  return poll(&ended, 1, 0) == 0;
}

Ended Program::wait(std::chrono::milliseconds timeout) {
  Ended ended;
  const auto end = Clock::now() + timeout;
  pollfd done{pidfd_, POLLIN, 0};
  if (poll(&done, 1, milliseconds_left(end)) == 0) {
    ended.timed_out = true;
    ADD_FAILURE() << out_.stem() << " did not end\n" << said_below(out_.parent_path());
    signal(SIGKILL);
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  ended.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  if (WIFEXITED(status)) ended.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.out = content(out_);
  ended.err = content(err_);
  return ended;
}

bool wait_for_lines(const fs::path& file, std::size_t lines, const Program& program,
                    std::chrono::milliseconds timeout) {
  const int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  inotify_add_watch(watch, file.parent_path().c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
  const auto end = Clock::now() + timeout;
  bool there = false;
  for (;;) {
    there = fs::exists(file) && count_lines(file) >= lines;
    if (there || !program.running() || milliseconds_left(end) == 0) break;
    pollfd changed{watch, POLLIN, 0};
    // The program may end without a change: look now and then.
    poll(&changed, 1, std::min(milliseconds_left(end), 100));
    char events[4096];
    while (read(watch, events, sizeof events) > 0) {
    }
  }
  close(watch);
  return there;
}

// --- files and JSON ---

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

Json parse_json(std::string_view text) {
  boost::system::error_code failed;
  auto value = boost::json::parse(boost::json::string_view{text.data(), text.size()}, failed);
  EXPECT_TRUE(!failed && value.is_object()) << text;
  return !failed && value.is_object() ? std::move(value.as_object()) : Json{};
}

std::uint64_t number(const Json& json, std::string_view pointer) {
  boost::system::error_code failed;
  const boost::json::value whole(json);
  const auto* found = whole.find_pointer({pointer.data(), pointer.size()}, failed);
  return found == nullptr ? 0 : found->to_number<std::uint64_t>(failed);
}

// --- Pushsim ---

Pushsim::Pushsim(const fs::path& dir, const fs::path& public_key, const std::string& utc_offset,
                 Arguments options)
    : dump_(dir / "dump.json"), log_(dir / "log"), devices_(dir / "devices.tsv") {
  const fs::path port_file = dir / "port";
  Arguments all{PUSHSIM_PROGRAM,
                "--port-file",
                port_file,
                "--cert",
                dir.parent_path() / "keys/tls.crt",
                "--key",
                dir.parent_path() / "keys/tls.key",
                "--jwk",
                public_key,
                "--utc-offset",
                utc_offset,
                "--dump",
                dump_,
                "--dump-devices",
                devices_,
                "--keep-tokens",
                "--log",
                log_};
  if (options.empty() || options[0] != "--listen") {
    all.insert(all.end(), {"--listen", "127.0.0.1:0"});
  }
  all.insert(all.end(), options.begin(), options.end());
  program_ = std::make_unique<Program>(dir, "pushsim", std::move(all));
  EXPECT_TRUE(wait_for_lines(port_file, 1, *program_)) << content(dir / "pushsim.err");
  port_ = static_cast<std::uint16_t>(std::strtoul(content(port_file).c_str(), nullptr, 10));
}

Json Pushsim::stop() {
  program_->signal(SIGTERM);
  const Ended ended = program_->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  return parse_json(content(dump_));
}

// --- EndToEnd ---

EndToEnd::EndToEnd() : utc_offset_(offset_of_noon()) {
  std::string name = testing::TempDir() + "herald-e2e-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  dir_ = name;
  config_ = dir_ / "herald.toml";
  make_keys("keys");
}

EndToEnd::~EndToEnd() {
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

void EndToEnd::make_keys(const std::string& folder) {
  Program keygen(dir_, "keygen", {PUSHSIM_PROGRAM, "keygen", "--bits", "2048", dir_ / folder});
  const Ended ended = keygen.wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
}

std::unique_ptr<Pushsim> EndToEnd::pushsim(Arguments options) {
  const fs::path dir = dir_ / fmt::format("pushsim-{}", ++programs_);
  fs::create_directory(dir);
  auto service = std::make_unique<Pushsim>(dir, dir_ / "keys/service-account.pub.pem", utc_offset_,
                                           std::move(options));
  use(*service);
  return service;
}

fs::path EndToEnd::write_config(const Settings& settings) {
  write_file(config_, fmt::format(R"(data_dir = "{}"
[endpoint]
url = "https://{}:{}"
ca_file = "{}"
{}[engine]
sender_threads = {}
{}[ledger]
min_free = "1MiB"
utc_offset = "{}"
{}[[app]]
name = "demo"
package = "com.example.demo"
project_id = "{}"
key_file = "{}"
{})",
                                  settings.data_dir, settings.host, settings.port, settings.ca_file,
                                  settings.endpoint_more, sender_threads_, settings.engine_more,
                                  utc_offset_, settings.ledger_more, settings.project,
                                  settings.key_file, settings.app_more));
  return config_;
}

void EndToEnd::use(const Pushsim& service) {
  Settings settings;
  settings.port = service.port();
  write_config(settings);
}

fs::path EndToEnd::write_job(const std::string& id, const fs::path& audience,
                             const std::string& policy) {
  const fs::path file = dir_ / (id + ".json");
  write_file(file, fmt::format(R"({{"id": "{}",
 "app": "demo",
 "pushType": 0,
 "payload": {{"notification": {{"category": "MARKETING", "title": "t", "body": "b",
                              "clickAction": {{"actionType": 0}}}}}},
 "audience": {{"file": "{}"}},
 "policy": {}}}
)",
                               id, audience.string(), policy));
  return file;
}

Audience EndToEnd::write_audience(const std::string& name, const AudienceShape& shape) {
  Audience audience;
  audience.file = dir_ / name;
  std::string text;
  const auto line = [&](std::string_view token) {
    text.append(token).push_back('\n');
    ++audience.records;
  };
  const auto every = [](std::uint64_t number, std::uint64_t step) {
    return step != 0 && number % step == step - 1;
  };
  for (std::uint64_t i = 0; i < shape.tokens; ++i) {
    const bool invalid = every(i, shape.invalid_every);
    const std::string token = (invalid ? "invalid-" : "") + token_of(shape.first + i);
    line(token);
    ++audience.tokens;
    if (invalid) ++audience.invalid;
    if (every(i, shape.duplicate_every)) {
      line(token);
      ++audience.duplicates;
    }
    if (every(i, shape.malformed_every)) {
      constexpr std::string_view kMalformed[]{"", "two words", "\xff\xfe", "tab\there"};
      line(kMalformed[audience.malformed % 4]);
      ++audience.malformed;
    }
  }
  write_file(audience.file, text);
  return audience;
}

std::unique_ptr<Program> EndToEnd::start_herald(Arguments arguments, int in) {
  Arguments all{HERALD_PROGRAM, "--config", config_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return std::make_unique<Program>(dir_, fmt::format("herald-{}", ++programs_), std::move(all), in);
}

Ended EndToEnd::herald(Arguments arguments) { return start_herald(std::move(arguments))->wait(); }

Ended EndToEnd::run(const std::string& id, const Audience& audience, const std::string& policy) {
  const fs::path file = dir_ / (id + ".report");
  const Ended ended =
      herald({"run", write_job(id, audience.file, policy), "--report", file, "--progress", "none"});
  report_ = fs::exists(file) && fs::file_size(file) > 0 ? parse_json(content(file)) : Json{};
  return ended;
}

Json EndToEnd::report_of(const std::string& id) {
  const Ended ended = herald({"report", id, "--json"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  return parse_json(ended.out);
}

// --- what must hold ---

void expect_adds_up(const Json& report) {
  std::uint64_t sum = number(report, "/pending");
  const auto* outcomes = report.if_contains("outcomes");
  ASSERT_NE(outcomes, nullptr);
  ASSERT_EQ(outcomes->as_object().size(), 10u);
  for (const auto& outcome : outcomes->as_object())
    sum += outcome.value().to_number<std::uint64_t>();
  EXPECT_EQ(sum, number(report, "/records")) << boost::json::serialize(report);
}

void expect_bounds(const Json& report, const Json& account, std::uint64_t limit) {
  expect_adds_up(report);
  const std::string campaign(report.at("campaign").as_string());
  const std::uint64_t counted = number(account, "/by_campaign/" + campaign + "/accepted");
  const std::uint64_t accepted = number(report, "/outcomes/accepted");
  const std::uint64_t ambiguous = number(report, "/outcomes/ambiguous");
  EXPECT_LE(accepted, counted) << campaign;
  EXPECT_LE(counted, accepted + ambiguous) << campaign;
  EXPECT_EQ(number(account, "/by_campaign/" + campaign + "/twice"), 0u) << campaign;
  EXPECT_LE(number(account, "/max_per_device/marketing"), limit);
  EXPECT_EQ(number(account, "/tokens/over_limit"), 0u);
  EXPECT_EQ(number(account, "/tokens/duplicate_in_request"), 0u);
}

void expect_one_line(const Ended& ended, int status, std::initializer_list<std::string> says) {
  EXPECT_EQ(ended.status, status) << ended.err;
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  EXPECT_TRUE(ended.err.starts_with("herald: ")) << ended.err;
  EXPECT_TRUE(ended.err.ends_with("\n")) << ended.err;
  for (const std::string& text : says) EXPECT_THAT(ended.err, testing::HasSubstr(text));
}

}  // namespace herald::e2e
