// A job, whatever it is, is taken or refused with a line of text; and whatever a record brings to
// one that is taken, what is rendered keeps the rules of the service.
//
// Input: a byte of switches, the job, a NUL, a record of JSON Lines.
#include <optional>

#include "engine/audience/json_record.h"
#include "engine/message/job_check.h"
#include "engine/message/template.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sendable.h"

namespace herald::message {
namespace {

using fuzz::require;
using fuzz::require_one_line;

RulesConfig rules_of(std::uint8_t switches) {
  RulesConfig rules;
  rules.strict = (switches & 1) != 0;
  if ((switches & 2) != 0) rules.warn = {"V14b", "V16", "types", "lists"};
  if ((switches & 4) != 0) rules.extra_categories = {"NEW_ONE"};
  if ((switches & 8) != 0) rules.ttl_zero = ZeroTtl::accept;
  if ((switches & 16) != 0) rules.size = MeasuredPart::payload;
  if ((switches & 32) != 0) rules.size_margin = 1000;
  if ((switches & 64) != 0) rules.badge_add_only = true;
  return rules;
}

std::optional<Job> check(std::string_view json, const RulesConfig& rules) {
  JobCheck checked = check_job(json, "job.json", rules);
  for (const Error& error : checked.errors) require_one_line(error.what);
  for (const std::string& warning : checked.warnings) require_one_line(warning);
  require(checked.job.has_value() == checked.errors.empty(), "a job, or errors");
  const auto parsed = Job::parse(json, "job.json", rules);
  require(parsed.has_value() == checked.job.has_value(), "parse and check agree");
  if (parsed.has_error()) require_one_line(parsed.error().what);
  if (parsed) require(parsed->canonical == checked.job->canonical, "they read the same");
  return std::move(checked.job);
}

void run(std::uint8_t switches, std::string_view json, std::string_view record) {
  const RulesConfig rules = rules_of(switches);
  const std::optional<Job> job = check(json, rules);
  if (!job) return;
  const auto made = Template::make(*job, rules);
  require(made.has_value(), "a job that is taken makes a template");
  require(made->varies() == job->varies, "job and template agree on what varies");
  require(body_bytes_without_tokens(*job) == made->size_without_tokens(), "and on the size");
  if (!made->varies()) return require_sendable(*made, made->prefix(), rules);

  std::string text(record);
  const std::size_t size = text.size();
  text.append(64, '\0');  // for simdjson
  std::pmr::monotonic_buffer_resource memory;
  audience::JsonRecordParser parser(memory);
  audience::JsonRecord taken;
  if (parser.parse(text.data(), size, 64, taken) != Reason::none) return;
  std::string out;
  const Rendered rendered = made->render(taken.fields, out);
  require(rendered.malformed == Reason::none || out.empty(), "nothing of what is malformed");
  if (rendered.malformed == Reason::none) require_sendable(*made, out, rules);
}

}  // namespace
}  // namespace herald::message

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  herald::fuzz::Input input(data, size);
  const std::uint8_t switches = input.byte();
  const std::string_view json = input.text();
  herald::message::run(switches, json, input.rest());
  return 0;
}
