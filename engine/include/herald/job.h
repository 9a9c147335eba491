// A job: one message for one audience, as it is handed in (JSON).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herald/config.h"
#include "herald/result.h"

namespace herald {

// Where the tokens of a campaign come from. A file that is compressed, with gzip or zstd, is read
// as it is.
struct AudienceSpec {
  enum class Format : std::uint8_t {
    lines,  // one token a line
    csv,    // the tokens of one column, with a header row
    jsonl,  // an object a line: a token, and what differs from device to device
  };
  std::filesystem::path file;  // "-": standard input
  Format format = Format::lines;
  std::string column;    // of csv
  char separator = ',';  // of csv

  bool is_standard_input() const { return file == "-"; }
};

struct Policy {
  std::optional<std::chrono::system_clock::time_point> start_at;
  std::optional<std::chrono::system_clock::time_point> expires;
  std::uint32_t rate = 0;  // devices per second; 0: the app's
  // What is ambiguous is sent once more, charged anew. Only where the payload has a notifyId or an
  // appMessageId, so that a device that gets it twice shows it once.
  bool at_least_once = false;
  double max_malformed = 0.05;
  // What one answer, or its absence, decides together; smaller requests cost more each.
  std::uint32_t tokens_per_request = 1000;
};

struct Job {
  std::string id;  // [A-Za-z0-9._-]{1,64}
  std::string app;
  int push_type = 0;
  std::string payload;       // compact JSON, UTF-8
  std::string push_options;  // compact JSON with biTag set, or empty when there is nothing to say
  AudienceSpec audience;
  Policy policy;
  bool test_message = false;          // pushOptions says so: charged to the project, not the device
  bool varies = false;                // what is sent may differ from record to record
  std::string canonical;              // what a campaign is known by (I16): compact, keys sorted
  std::vector<std::string> warnings;  // one line each, as errors are

  // Reads and checks everything that can be checked without the audience: names, types, and every
  // rule of the service for the push type. Errors: job, with file:line and JSON pointer.
  static Result<Job> load(const std::filesystem::path& file, const RulesConfig& rules = {});
  // `file` names the job in errors; a relative audience is relative to it.
  static Result<Job> parse(std::string_view json, const std::filesystem::path& file,
                           const RulesConfig& rules = {});
};

// Bytes of a request's body without what stands between the brackets of target.token: what the
// service limits to 4096 (api.md 7). Where messages differ, those of the job's text, its {{vars.…}}
// not yet filled in. `job` comes from load or parse.
std::size_t body_bytes_without_tokens(const Job& job);

}  // namespace herald
