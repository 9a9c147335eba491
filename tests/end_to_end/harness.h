// What the end-to-end tests stand on: the real programs as children, a directory with keys made for
// it, pushsim on a free port, and audiences whose counts are known.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace herald::e2e {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;
using Json = boost::json::object;

inline constexpr std::chrono::seconds kTimeout{100};

// How a program ended.
struct Ended {
  int status = -1;  // of exit(); -1: killed, see signal
  int signal = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
  double seconds = 0;
};

// A child with its output in files. Killed with its object.
class Program {
 public:
  // `name` is of the files, in `dir`. Standard input is `in`, or nothing.
  Program(const fs::path& dir, const std::string& name, Arguments arguments, int in = -1);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const;
  bool running() const;
  // Waits for its end; after `timeout` it is killed, which fails the test.
  Ended wait(std::chrono::milliseconds timeout = kTimeout);

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  fs::path out_;
  fs::path err_;
  std::chrono::steady_clock::time_point started_;
};

// Waits until `file` has at least so many lines, or `program` has ended: false then.
bool wait_for_lines(const fs::path& file, std::size_t lines, const Program& program,
                    std::chrono::milliseconds timeout = kTimeout);

std::string content(const fs::path& file);
void write_file(const fs::path& file, std::string_view content);
Json parse_json(std::string_view text);
// /requests/sent and the like; what is not there is 0.
std::uint64_t number(const Json& json, std::string_view pointer);

// A generated audience and what is in it.
struct Audience {
  fs::path file;
  std::uint64_t records = 0;
  std::uint64_t tokens = 0;  // well-formed and distinct, invalid ones included
  std::uint64_t duplicates = 0;
  std::uint64_t malformed = 0;
  std::uint64_t invalid = 0;  // of tokens: those that pushsim lists as illegal
  std::uint64_t good() const { return tokens - invalid; }
};

struct AudienceShape {
  std::uint64_t tokens = 5000;
  std::uint64_t duplicate_every = 0;  // 0: none
  std::uint64_t malformed_every = 0;
  std::uint64_t invalid_every = 0;
  std::uint64_t first = 0;  // number of the first token
};

class Pushsim {
 public:
  // `options` may begin with --listen; `dir` lies beside the keys.
  Pushsim(const fs::path& dir, const fs::path& public_key, const std::string& utc_offset,
          Arguments options);

  std::uint16_t port() const { return port_; }
  const fs::path& log() const { return log_; }  // a line per accepted request
  Program& program() { return *program_; }
  // Ends it, and gives its account.
  Json stop();
  fs::path devices() const { return devices_; }  // written by stop()

 private:
  fs::path dump_, log_, devices_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Program> program_;
};

// A configuration as text, with the parts that tests change.
struct Settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string ca_file = "keys/tls.crt";
  std::string key_file = "keys/service-account.json";
  std::string project = "1234567890";
  std::string data_dir = "data";
  std::string endpoint_more;  // further lines of [endpoint]
  std::string engine_more;    // likewise of [engine]
  std::string ledger_more;
  std::string app_more = "rate = 1000000\n";
};

class EndToEnd : public testing::Test {
 protected:
  EndToEnd();
  ~EndToEnd() override;

  void make_keys(const std::string& folder);
  std::unique_ptr<Pushsim> pushsim(Arguments options = {});
  fs::path write_config(const Settings& settings);
  void use(const Pushsim& service);  // the plain configuration for it
  fs::path write_job(const std::string& id, const fs::path& audience,
                     const std::string& policy = "{}");
  Audience write_audience(const std::string& name, const AudienceShape& shape);

  std::unique_ptr<Program> start_herald(Arguments arguments, int in = -1);
  Ended herald(Arguments arguments);
  // `herald run` of a job for that audience; the JSON report is in `report` afterwards.
  Ended run(const std::string& id, const Audience& audience, const std::string& policy = "{}");
  Json report_of(const std::string& id);

  fs::path dir_;
  fs::path config_;
  std::uint32_t sender_threads_ = 1;
  std::string utc_offset_;  // now is about noon there, so no test sees a midnight
  Json report_;             // of the last run()
  int programs_ = 0;
};

// The ten outcomes and pending are the records.
void expect_adds_up(const Json& report);
// What the report says of a campaign lies within what the service counted, and no device is over.
void expect_bounds(const Json& report, const Json& account, std::uint64_t limit = 2);
// One line on standard error that begins with "herald: " and says all of that; nothing on
// standard output.
void expect_one_line(const Ended& ended, int status, std::initializer_list<std::string> says);

}  // namespace herald::e2e
