#include "engine/message/job_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/message/check.h"
#include "engine/message/compact_json.h"
#include "engine/message/job_keys.h"
#include "engine/message/job_variables.h"
#include "engine/message/json.h"
#include "engine/message/json_place.h"
#include "engine/message/notification.h"
#include "engine/message/rules.h"
#include "engine/message/template.h"

namespace herald::message {
namespace {

using Kind = Json::Kind;

bool is_id(std::string_view text) {
  constexpr std::size_t kBytesMax = 64;
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kBytesMax &&
         std::all_of(text.begin(), text.end(), allowed);
}

void read_id(JobErrors& errors, const std::string& pointer, const Json& value, Job& job) {
  if (!is_id(value.text)) {
    errors.fail(pointer, fmt::format("must be 1 to 64 of A-Z a-z 0-9 . _ -, is \"{}\"",
                                     printable(value.text)));
  }
  job.id = value.text;
}

void read_app(JobErrors& errors, const std::string& pointer, const Json& value, Job& job) {
  if (value.text.empty()) errors.fail(pointer, "is empty; name an [[app]] of the configuration");
  job.app = value.text;
}

void read_push_type(JobErrors& errors, const std::string& pointer, const Json& value, Job& job) {
  constexpr std::int64_t kMax = std::numeric_limits<int>::max();
  const auto number = integer_of(&value);
  if (!number) return errors.fail(pointer, "must be a whole number");
  job.push_type = static_cast<int>(std::clamp(*number, -kMax, kMax));
}

// Both are looked at once the whole job has been read: what they may say depends on the audience.
void read_later(JobErrors&, const std::string&, const Json&, Job&) {}

void read_audience_of(JobErrors& errors, const std::string& pointer, const Json& value, Job& job) {
  read_audience(errors, pointer, value, job.audience);
}

void read_policy_of(JobErrors& errors, const std::string& pointer, const Json& value, Job& job) {
  read_policy(errors, pointer, value, job.policy);
}

constexpr std::array<Key<Job>, 7> kKeys{{
    {"id", Kind::string, true, &read_id},
    {"app", Kind::string, true, &read_app},
    {"pushType", Kind::number, true, &read_push_type},
    {"payload", Kind::object, true, &read_later},
    {"pushOptions", Kind::object, false, &read_later},
    {"audience", Kind::object, false, &read_audience_of},
    {"policy", Kind::object, false, &read_policy_of},
}};

void report(JobErrors& errors, const Violation& violation) {
  if (violation.warning) {
    errors.warn(violation.pointer, to_string(violation));
  } else {
    errors.fail(violation.pointer, to_string(violation));
  }
}

void check_rules(JobErrors& errors, const Json& root, const Job& job, const RulesConfig& rules) {
  const Json* const payload = object_in(root, "payload");
  if (payload == nullptr || !integer_of(root.member("pushType"))) return;  // said already
  const bool by_record = job.audience.format == AudienceSpec::Format::jsonl;
  const auto check =
      check_pattern(job.push_type, *payload, object_in(root, "pushOptions"), by_record, rules);
  for (const Violation& violation : check.violations) report(errors, violation);
}

// What is sent twice must be shown once (api.md: notifyId, appMessageId).
void check_delivery(JobErrors& errors, const Json& root, const Job& job) {
  if (!job.policy.at_least_once) return;
  const Json* const payload = object_in(root, "payload");
  const Json* const notification = payload ? object_in(*payload, "notification") : nullptr;
  if (notification != nullptr) {
    if (notification->member("appMessageId") != nullptr) return;
    // -1 is as good as none: the service makes one of its own for each request.
    if (integer_of(notification->member("notifyId")).value_or(-1) >= 0) return;
  }
  errors.fail("/policy/delivery",
              "at-least-once needs a notifyId or an appMessageId in /payload/notification, so that "
              "a device that gets the message twice shows it once");
}

std::string sent_payload(const Json& root, const RulesConfig& rules) {
  const Json* const given = object_in(root, "payload");
  if (given == nullptr) return {};  // said already
  Json payload = *given;
  if (rules.only_warns("V14b")) strip_sound_without_effect(payload);
  return compact(payload);
}

// As they will be sent: the tag makes receipts name their campaign.
std::string tagged_options(const Json& root, const std::string& id) {
  Json options;
  options.kind = Kind::object;
  if (const Json* const given = object_in(root, "pushOptions")) options.items = given->items;
  if (options.member("biTag") == nullptr) {
    Json& tag = options.items.emplace_back();
    tag.kind = Kind::string;
    tag.key = "biTag";
    tag.text = id;
  }
  return compact(options);
}

void read_template(JobErrors& errors, Job& job, const RulesConfig& rules) {
  if (job.payload.empty()) return;  // said already
  const auto made = Template::make(job, rules);
  if (made.has_error()) return errors.fail("/payload", made.error().what);
  if (const auto violation = check_size(made->size_at_least(), rules)) report(errors, *violation);
  job.test_message = made->test_message();
  job.varies = made->varies();
}

// The same campaign wherever its audience lies: identity has the size and digest of the content
// instead (I16). What says only the default is left out, so that --audience changes nothing.
std::string canonical_job(const Json& root) {
  Json job = root;
  const auto audience = std::find_if(job.items.begin(), job.items.end(),
                                     [](const Json& item) { return item.key == "audience"; });
  if (audience == job.items.end()) return canonical(job);
  std::erase_if(audience->items, [](const Json& item) {
    return item.key == "file" || (item.key == "format" && item.text == "lines");
  });
  if (audience->items.empty()) job.items.erase(audience);
  return canonical(job);
}

JobCheck check_tree(const Json& root, const std::filesystem::path& file, const RulesConfig& rules) {
  JobErrors errors(root, file);
  Job job;
  if (root.kind == Kind::object) {
    read_keys(errors, "", root, kKeys, job);
    check_variables(errors, root, job);
    check_rules(errors, root, job, rules);
    check_delivery(errors, root, job);
    job.payload = sent_payload(root, rules);
    job.push_options = tagged_options(root, job.id);
    read_template(errors, job, rules);
  } else {
    errors.fail("", "a job must be an object");
  }
  JobCheck out{std::nullopt, errors.take_errors(), errors.take_warnings()};
  if (!out.errors.empty()) return out;
  job.canonical = canonical_job(root);
  job.warnings = out.warnings;
  out.job = std::move(job);
  return out;
}

}  // namespace

JobCheck check_job(std::string_view json, const std::filesystem::path& file,
                   const RulesConfig& rules) {
  const auto root = parse_json(json);
  if (root.has_value()) return check_tree(*root, file, rules);
  const JsonFault& fault = root.error();
  JobCheck out;
  out.errors.push_back({Errc::job, place(file, fault.line, fault.pointer, fault.text)});
  return out;
}

}  // namespace herald::message
