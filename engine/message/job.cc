#include "herald/job.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/message/job_check.h"
#include "engine/message/template.h"

namespace herald {
namespace message {

Result<std::string> read_job_file(const std::filesystem::path& file) {
  constexpr std::size_t kBytesMax = 1 << 20;  // a message has 4096, so this is room for white space
  const auto cannot_read = [&file](int error) {
    return Error{Errc::job, fmt::format("{}: cannot be read ({})", file.string(),
                                        std::generic_category().message(error))};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"),
                                                               &std::fclose);
  if (stream == nullptr) return cannot_read(errno);
  std::string text(kBytesMax + 1, '\0');  // a pipe has no size to ask for
  text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
  if (std::ferror(stream.get()) != 0) return cannot_read(errno);
  if (text.size() > kBytesMax) {
    return Error{Errc::job, fmt::format("{}: is larger than {} bytes: a job names its audience, it "
                                        "does not hold it",
                                        file.string(), kBytesMax)};
  }
  return text;
}

}  // namespace message

Result<Job> Job::load(const std::filesystem::path& file, const RulesConfig& rules) {
  const Result<std::string> text = message::read_job_file(file);
  if (text.has_error()) return text.error();
  return parse(*text, file, rules);
}

Result<Job> Job::parse(std::string_view json, const std::filesystem::path& file,
                       const RulesConfig& rules) {
  message::JobCheck check = message::check_job(json, file, rules);
  if (check.job) return std::move(*check.job);
  Error first = std::move(check.errors.front());
  if (check.errors.size() > 1) first.what += fmt::format(" (and {} more)", check.errors.size() - 1);
  return first;
}

std::size_t body_bytes_without_tokens(const Job& job) {
  // No rule of size here: the job was let through, whatever its configuration said.
  const auto body = message::Template::make(job, {.warn = {"V5"}});
  return body ? body->size_without_tokens() : 0;  // a job that was parsed has one
}

}  // namespace herald
