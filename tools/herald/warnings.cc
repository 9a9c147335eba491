#include "tools/herald/warnings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/auth/key_file.h"
#include "herald/inspect.h"
#include "tools/herald/text.h"

namespace herald::cli {
namespace {

void look_at_authority(const Config& config, std::vector<std::string>& warnings) {
  const std::filesystem::path& file = config.endpoint.ca_file;
  if (file.empty() || access(file.c_str(), R_OK) == 0) return;
  warnings.push_back(fmt::format("endpoint.ca_file: cannot read {} ({}); run will refuse it",
                                 file.string(), std::strerror(errno)));
}

void look_at_audience(const Job& job, const AudienceCount& audience,
                      std::vector<std::string>& warnings) {
  if (audience.records == 0) {
    warnings.emplace_back("the audience has no records: run would send nothing");
    return;
  }
  const std::uint64_t malformed = audience.malformed_records();
  const auto records = static_cast<double>(audience.records);
  if (static_cast<double>(malformed) <= job.policy.max_malformed * records) return;
  // As the engine counts (engine/campaign/ingest.h).
  warnings.push_back(
      fmt::format("{} of the records are malformed, more than policy.maxMalformed {}: run gives up "
                  "where that is so after 1,000 records, or where all are; see that it is the "
                  "right file and format",
                  percent(malformed, audience.records), job.policy.max_malformed));
}

}  // namespace

std::vector<std::string> warnings_of(const Config& config, const AppConfig& app, const Job& job,
                                     const AudienceCount& audience,
                                     std::chrono::system_clock::time_point now) {
  std::vector<std::string> warnings;
  if (job.policy.expires && *job.policy.expires <= now) {
    warnings.emplace_back("policy.expires has passed: run would send nothing, all would expire");
  }
  look_at_audience(job, audience, warnings);
  // Jobs are also checked where the keys are not, so none of these stops anybody here.
  if (const auto key = auth::load_key(app); !key) {
    warnings.push_back(key.error().what + "; run will refuse it");
  }
  look_at_authority(config, warnings);
  return warnings;
}

Result<std::vector<std::string>> check_id_is_free(const Config& config, const std::string& id) {
  std::error_code failed;
  // An empty one has no store yet, and looking would make one.
  if (std::filesystem::is_empty(config.data_dir, failed) || failed) {
    if (!failed || failed == std::errc::no_such_file_or_directory) {
      return std::vector<std::string>{};
    }
  }
  const auto report = read_report(config, id);
  if (report) {
    return Error{Errc::exists,
                 fmt::format("campaign {} exists, {}: see `herald report {}`, or give the job "
                             "another id",
                             id, to_string(report->state), id)};
  }
  const Error& error = report.error();
  if (error.code == Errc::not_found) return std::vector<std::string>{};
  if (error.code == Errc::damaged_store || error.code == Errc::totals_do_not_add_up) return error;
  return std::vector<std::string>{
      fmt::format("whether campaign {} exists could not be looked at: {}", id, error.what)};
}

}  // namespace herald::cli
