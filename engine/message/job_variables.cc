#include "engine/message/job_variables.h"

#include <array>
#include <string>

#include "engine/message/check.h"
#include "engine/message/json_place.h"
#include "engine/message/variables.h"

namespace herald::message {
namespace {

// What decides which quota a message is charged to is the same for the whole campaign.
bool decides_quota(std::string_view pointer, int push_type) {
  if (pointer == "/payload/notification/category") return push_type == 0 || push_type == 2;
  return push_type == 7 && (pointer == "/payload/event" || pointer == "/payload/operation");
}

void check_string(JobErrors& errors, const std::string& pointer, const Json& value,
                  const Job& job) {
  if (value.kind != Json::Kind::string) return;
  if (has_near_variable(value.text)) {
    errors.warn(pointer, "has what looks like {{vars.name}} but is not, and is sent as it is");
  }
  if (!has_variables(value.text)) return;
  if (const auto fault = broken_variable(value.text)) {
    errors.fail(pointer, *fault);
  } else if (decides_quota(pointer, job.push_type)) {
    errors.fail(pointer,
                "decides which quota is charged, so it cannot differ from record to record: write "
                "it out, and use a job for each");
  } else if (job.audience.format != AudienceSpec::Format::jsonl) {
    errors.fail(pointer,
                "{{vars.…}} needs records that bring values: use an audience of format jsonl, with "
                "\"vars\" in each line");
  }
}

void walk(JobErrors& errors, const std::string& pointer, const Json& value, const Job& job) {
  check_string(errors, pointer, value, job);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& item = value.items[i];
    if (value.kind == Json::Kind::array) {
      walk(errors, child(pointer, i), item, job);
      continue;
    }
    const std::string here = child(pointer, item.key);
    if (has_variables(item.key)) {
      errors.fail(here, "{{vars.…}} stands in values, a key cannot hold it");
    }
    walk(errors, here, item, job);
  }
}

// Records share their options: they stand behind the tokens of a request.
void refuse_in_options(JobErrors& errors, const Json& options) {
  for (const Json& option : options.items) {
    if (option.kind == Json::Kind::string && has_variables(option.text)) {
      errors.fail(child("/pushOptions", option.key),
                  "{{vars.…}} stands in the payload only, options are the same for all records");
    }
  }
}

}  // namespace

void check_variables(JobErrors& errors, const Json& root, const Job& job) {
  if (const Json* const payload = object_in(root, "payload")) {
    walk(errors, "/payload", *payload, job);
  }
  if (const Json* const options = object_in(root, "pushOptions")) {
    refuse_in_options(errors, *options);
  }
}

}  // namespace herald::message
