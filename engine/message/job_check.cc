#include "engine/message/job_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/message/check.h"
#include "engine/message/compact_json.h"
#include "engine/message/job_keys.h"
#include "engine/message/json.h"
#include "engine/message/json_place.h"
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

// Placeholders of the service, as {{status}}, pass through; ours would reach people as they stand.
void refuse_variables(JobErrors& errors, const std::string& pointer, const Json& value) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& item = value.items[i];
    const std::string here =
        value.kind == Kind::object ? child(pointer, item.key) : child(pointer, i);
    refuse_variables(errors, here, item);
    if (item.kind == Kind::string && item.text.find("{{vars.") != std::string::npos) {
      errors.unsupported(here,
                         "{{vars.…}} needs an audience of format jsonl, which is not built "
                         "yet");
    }
  }
}

void read_payload(JobErrors& errors, const std::string& pointer, const Json& value, Job& job) {
  refuse_variables(errors, pointer, value);
  job.payload = compact(value);
}

void read_push_options(JobErrors& errors, const std::string& pointer, const Json& value, Job&) {
  if (is_true(value.member("testMessage"))) {
    errors.unsupported(child(pointer, "testMessage"),
                       "test messages are not built yet, their daily quota is not kept; remove it");
  }
}

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
    {"payload", Kind::object, true, &read_payload},
    {"pushOptions", Kind::object, false, &read_push_options},
    {"audience", Kind::object, false, &read_audience_of},
    {"policy", Kind::object, false, &read_policy_of},
}};

const Json* object_at(const Json& root, std::string_view name) {
  const Json* const value = root.member(name);
  return is_kind(value, Kind::object) ? value : nullptr;
}

void check_rules(JobErrors& errors, const Json& root, const Job& job) {
  const Json* const payload = object_at(root, "payload");
  if (payload == nullptr || !integer_of(root.member("pushType"))) return;  // said already
  for (const Violation& violation :
       check_message(job.push_type, *payload, object_at(root, "pushOptions"))) {
    if (violation.warning) {
      errors.warn(violation.pointer, to_string(violation));
    } else {
      errors.fail(violation.pointer, to_string(violation),
                  violation.code == kUnbuilt ? Errc::unsupported : Errc::job);
    }
  }
}

// As they will be sent: the tag makes receipts name their campaign.
std::string tagged_options(const Json& root, const std::string& id) {
  Json options;
  options.kind = Kind::object;
  if (const Json* const given = object_at(root, "pushOptions")) options.items = given->items;
  if (options.member("biTag") == nullptr) {
    Json& tag = options.items.emplace_back();
    tag.kind = Kind::string;
    tag.key = "biTag";
    tag.text = id;
  }
  return compact(options);
}

void check_message_size(JobErrors& errors, const Job& job) {
  if (job.payload.empty()) return;  // said already
  const auto made = Template::make(job.push_type, job.payload, job.push_options);
  if (made.has_error()) errors.fail("/payload", made.error().what);
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

JobCheck check_tree(const Json& root, const std::filesystem::path& file) {
  JobErrors errors(root, file);
  Job job;
  if (root.kind == Kind::object) {
    read_keys(errors, "", root, kKeys, job);
    check_rules(errors, root, job);
    job.push_options = tagged_options(root, job.id);
    check_message_size(errors, job);
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

JobCheck check_job(std::string_view json, const std::filesystem::path& file) {
  const auto root = parse_json(json);
  if (root.has_value()) return check_tree(*root, file);
  const JsonFault& fault = root.error();
  JobCheck out;
  out.errors.push_back({Errc::job, place(file, fault.line, fault.pointer, fault.text)});
  return out;
}

}  // namespace herald::message
