#include "tools/herald/targets.h"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <vector>

#include "tools/herald/text.h"

namespace herald::cli {
namespace {

namespace fs = std::filesystem;

struct Input {
  std::string what;
  fs::path file;
};

// However it is spelt, through whatever links; a file that is not there yet is its path.
bool same_file(const fs::path& one, const fs::path& other) {
  std::error_code failed;
  if (fs::exists(one, failed) && fs::exists(other, failed)) {
    return fs::equivalent(one, other, failed) && !failed;
  }
  const fs::path first = fs::weakly_canonical(fs::absolute(one, failed), failed);
  if (failed) return false;
  const fs::path second = fs::weakly_canonical(fs::absolute(other, failed), failed);
  return !failed && first == second;
}

bool keeps_nothing(const fs::path& file) {
  std::error_code failed;
  return fs::exists(file, failed) && !fs::is_regular_file(file, failed);
}

std::vector<Input> inputs_of(const CommandLine& line, const Config& config, const Job& job) {
  std::vector<Input> inputs{
      {"the job", line.subject},
      {"the audience", job.audience.is_standard_input() ? "/dev/stdin" : job.audience.file},
      {"the configuration", line.config},
      {"endpoint.ca_file", config.endpoint.ca_file}};
  for (const AppConfig& app : config.apps) {
    inputs.push_back({fmt::format("the key_file of app \"{}\"", one_line(app.name)), app.key_file});
  }
  return inputs;
}

Result<void> check_target(std::string_view option, const fs::path& target,
                          const std::vector<Input>& others) {
  if (keeps_nothing(target)) return {};
  for (const Input& other : others) {
    if (other.file.empty() || !same_file(target, other.file)) continue;
    return Error{Errc::usage, fmt::format("{} {} would overwrite {}: name another file", option,
                                          one_line(target.string()), other.what)};
  }
  return {};
}

}  // namespace

Result<void> check_targets(const CommandLine& line, const Config& config, const Job& job) {
  std::vector<Input> others = inputs_of(line, config, job);
  if (line.report_file) {
    if (const auto fine = check_target("--report", *line.report_file, others); !fine) return fine;
    others.push_back({"the file of --report", *line.report_file});
  }
  if (!line.outcomes_file) return {};
  return check_target("--outcomes", *line.outcomes_file, others);
}

}  // namespace herald::cli
