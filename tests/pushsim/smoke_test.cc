// The program from end to end: keys, a free port, curl as the client, the dump at the end.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/pushsim/support.h"

extern char** environ;

namespace pushsim {
namespace {

using testing::HasSubstr;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A program's exit status and what it printed on both outputs.
std::pair<int, std::string> run(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string output;
  char piece[4096];
  std::size_t size = 0;
  while ((size = std::fread(piece, 1, sizeof piece, pipe)) > 0) output.append(piece, size);
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "pushsim-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// pushsim as a child. Its first line of output says that the port is open.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    arguments.insert(arguments.begin(), PUSHSIM_PROGRAM);
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    ::posix_spawn(&pid_, PUSHSIM_PROGRAM, &actions, nullptr, raw.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::FILE* output = ::fdopen(ends[0], "r");
    char line[256] = "";
    if (std::fgets(line, sizeof line, output) != nullptr) first_line_ = line;
    std::fclose(output);
  }
  ~Child() {
    if (pid_ > 0) stop(SIGKILL);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  const std::string& first_line() const { return first_line_; }
  int stop(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  std::string first_line_;
};

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
               "--log", folder / "log"});
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
  EXPECT_THAT(content(folder / "log"), HasSubstr("\t0\t2\tc\n"));
}

}  // namespace
}  // namespace pushsim
