#include "engine/message/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include "engine/message/alert.h"
#include "engine/message/check.h"
#include "engine/message/compact_json.h"
#include "engine/message/json.h"
#include "engine/message/pattern.h"

namespace herald::message {
namespace {

using base::RecordField;

constexpr int kAlert = 0;
constexpr int kForm = 1;
constexpr int kLiveView = 7;

constexpr std::string_view kPayloadOpen = R"({"payload":)";
constexpr std::string_view kTargetOpen = R"(,"target":{"token":[)";

Result<Json> parse_object(std::string_view name, std::string_view text) {
  auto root = parse_json(text);
  if (root.has_error()) {
    return Error{Errc::job,
                 fmt::format("{}: line {}: {}", name, root.error().line, root.error().text)};
  }
  if (root->kind != Json::Kind::object) {
    return Error{Errc::job, fmt::format("{}: must be an object", name)};
  }
  return std::move(*root);
}

std::optional<std::int64_t> whole_number(std::string_view json) {
  std::int64_t number = 0;
  const char* const end = json.data() + json.size();
  const auto [rest, error] = std::from_chars(json.data(), end, number);
  return error == std::errc{} && rest == end ? std::optional(number) : std::nullopt;
}

bool fits_32_bits(std::int64_t number) {
  return number >= std::numeric_limits<std::int32_t>::min() &&
         number <= std::numeric_limits<std::int32_t>::max();
}

bool is_json_string(std::string_view json) {
  return json.size() >= 2 && json.front() == '"' && json.back() == '"';
}

// Of a JSON string as it is written, escapes and quotes included; a surrogate pair is one.
std::size_t characters_of_json(std::string_view json) {
  json = json.substr(1, json.size() - 2);
  std::size_t count = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] != '\\') {
      count += (static_cast<unsigned char>(json[i]) & 0xc0) != 0x80 ? 1 : 0;
      continue;
    }
    const bool unicode = i + 1 < json.size() && json[i + 1] == 'u';
    const std::string_view unit = unicode ? json.substr(i + 2, 2) : std::string_view();
    const bool second_half = unit.size() == 2 && (unit[0] == 'd' || unit[0] == 'D') &&
                             std::string_view("cdefCDEF").find(unit[1]) != std::string_view::npos;
    count += second_half ? 0 : 1;
    i += unicode ? 5 : 1;
  }
  return count;
}

// Those of the push type; a badge alone is no notification that an account could be told of.
std::vector<FieldPlace> places_of(int push_type, bool badge_only) {
  std::vector<FieldPlace> places;
  for (const FieldPlace& place : field_places()) {
    if (place.push_type == push_type && !badge_only) places.push_back(place);
  }
  return places;
}

}  // namespace

Result<Template> Template::make(const Job& job, const RulesConfig& rules) {
  const Result<Json> payload = parse_object("payload", job.payload);
  if (payload.has_error()) return payload.error();
  std::optional<Json> options;
  if (!job.push_options.empty()) {
    Result<Json> parsed = parse_object("pushOptions", job.push_options);
    if (parsed.has_error()) return parsed.error();
    options = std::move(*parsed);
  }

  Template out;
  out.push_type_ = job.push_type;
  out.rules_ = rules;
  out.read_kind(*payload, options ? &*options : nullptr);
  out.prefix_ = fmt::format("{}{}{}", kPayloadOpen, compact(*payload), kTargetOpen);
  out.suffix_ = options ? fmt::format(R"(]}},"pushOptions":{}}})", compact(*options)) : "]}}";

  const bool by_record = job.audience.format == AudienceSpec::Format::jsonl;
  const auto places =
      by_record ? places_of(job.push_type, out.badge_only_) : std::vector<FieldPlace>();
  for (const FieldPlace& place : places) {
    out.has_place_[static_cast<std::size_t>(place.field)] = true;
  }
  const PatternCheck check = check_pattern(job.push_type, *payload, nullptr, by_record, rules);
  out.pattern_ = std::make_shared<const Pattern>(*payload, places, check.free);
  out.varies_ = out.pattern_->has_variables() || !places.empty();

  const std::size_t least = out.pattern_->bytes_at_least();
  out.size_at_least_ = {kPayloadOpen.size() + least + kTargetOpen.size() + out.suffix_.size(),
                        least};
  const auto violation = check_size(out.size_at_least_, rules);
  if (violation && !violation->warning) return Error{Errc::job, to_string(*violation)};
  return out;
}

void Template::read_kind(const Json& payload, const Json* options) {
  test_message_ = options != nullptr && is_true(options->member("testMessage"));
  if (const PushType* const type = message::push_type(push_type_)) {
    tokens_max_ = test_message_ ? type->test_tokens_max : type->tokens_max;
  }
  if (const Json* const notification = payload.member("notification")) {
    badge_only_ = push_type_ == kAlert && is_badge_only(*notification);
    if (!badge_only_) category_ = string_of(notification->member("category")).value_or("");
  }
  if (push_type_ == kForm) surface_ = integer_of(payload.member("formId")).value_or(0);
  if (push_type_ == kLiveView) {
    surface_ = integer_of(payload.member("activityId")).value_or(0);
    creates_ = integer_of(payload.member("operation")) == 0;
    const auto event = string_of(payload.member("event"));
    large_windows_ = event == "TAXI" || event == "SCORE";  // quotas.md 4
  }
  if (push_type_ == kForm || push_type_ == kLiveView) {
    version_ = integer_of(payload.member("version"));
  }
}

// Each is checked here, so that only formData needs the rules looked at once more.
Reason Template::take_fields(const base::RecordFields& fields, Rendered& out,
                             bool& check_whole) const {
  for (std::size_t i = 0; i < base::kRecordFields; ++i) {
    if (!fields.json[i].empty() && !has_place_[i]) return Reason::wrong_type;
  }
  for (const RecordField field : {RecordField::form_id, RecordField::activity_id}) {
    if (fields[field].empty()) continue;
    const auto number = whole_number(fields[field]);
    if (!number || (field == RecordField::activity_id && !fits_32_bits(*number))) {
      return Reason::wrong_type;
    }
    out.surface = *number;
  }
  if (const std::string_view version = fields[RecordField::version]; !version.empty()) {
    const auto number = whole_number(version);
    const bool fits = number && *number >= 0 && (push_type_ != kForm || fits_32_bits(*number));
    if (!fits) return Reason::wrong_type;
    out.version = number;
  }
  if (const std::string_view profile = fields[RecordField::profile_id]; !profile.empty()) {
    constexpr std::size_t kCharactersMax = 64;
    if (!is_json_string(profile) || characters_of_json(profile) > kCharactersMax) {
      return Reason::wrong_type;
    }
  }
  if (!fields[RecordField::form_data].empty()) {
    if (fields[RecordField::form_data].front() != '{') return Reason::wrong_type;
    check_whole = true;
  }
  return Reason::none;
}

Rendered Template::render(const base::RecordFields& fields, std::string& out) const {
  const std::size_t start = out.size();
  Rendered rendered{Reason::none, surface_, version_};
  bool check_whole = false;
  rendered.malformed = take_fields(fields, rendered, check_whole);
  if (rendered.malformed != Reason::none) return rendered;

  out += kPayloadOpen;
  rendered.malformed = pattern_->append(fields, out, check_whole);
  if (rendered.malformed == Reason::none) {
    const std::size_t payload_at = start + kPayloadOpen.size();
    const std::size_t payload_bytes = out.size() - payload_at;
    out += kTargetOpen;
    if (is_too_long({out.size() - start + suffix_.size(), payload_bytes}, rules_)) {
      rendered.malformed = Reason::payload_too_long;
    } else if (check_whole &&
               breaks_a_rule(std::string_view(out).substr(payload_at, payload_bytes))) {
      rendered.malformed = Reason::payload_rule;
    }
  }
  if (rendered.malformed != Reason::none) out.resize(start);
  return rendered;
}

std::string Template::why(const base::RecordFields& fields) const {
  std::string body;
  const Reason reason = render(fields, body).malformed;
  if (reason == Reason::none) return {};
  if (reason == Reason::missing_variable || reason == Reason::missing_field) {
    return pattern_->lacks(fields);
  }
  if (reason == Reason::wrong_type) return why_field(fields);
  bool check_whole = false;
  if (pattern_->append(fields, body, check_whole) != Reason::none) {
    return "/vars: a value is not UTF-8";
  }
  const std::size_t whole = kPayloadOpen.size() + body.size() + kTargetOpen.size() + suffix_.size();
  if (const auto size = check_size({whole, body.size()}, rules_)) return to_string(*size);
  const auto parsed = parse_json(body);
  if (parsed.has_error()) return parsed.error().text;
  for (const Violation& violation : check_message(push_type_, *parsed, nullptr, rules_)) {
    if (!violation.warning) return fmt::format("{}: {}", violation.pointer, to_string(violation));
  }
  return {};
}

// The first of the record's fields that the message cannot take.
std::string Template::why_field(const base::RecordFields& fields) const {
  for (std::size_t i = 0; i < base::kRecordFields; ++i) {
    if (fields.json[i].empty()) continue;
    if (!has_place_[i]) {
      return fmt::format("/{}: has no place in a message of push type {}",
                         base::kRecordFieldNames[i], push_type_);
    }
    base::RecordFields one;
    one.json[i] = fields.json[i];
    Rendered rendered;
    bool check_whole = false;
    if (take_fields(one, rendered, check_whole) != Reason::none) {
      return fmt::format("/{}: is not of its type, or out of its range",
                         base::kRecordFieldNames[i]);
    }
  }
  return {};
}

bool Template::breaks_a_rule(std::string_view payload) const {
  const auto parsed = parse_json(payload);
  if (parsed.has_error()) return true;
  const auto found = check_message(push_type_, *parsed, nullptr, rules_);
  return std::any_of(found.begin(), found.end(),
                     [](const Violation& violation) { return !violation.warning; });
}

}  // namespace herald::message
