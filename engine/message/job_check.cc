#include "engine/message/job_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include "engine/message/check.h"
#include "engine/message/compact_json.h"
#include "engine/message/json.h"
#include "engine/message/json_place.h"
#include "engine/message/rfc3339.h"
#include "engine/message/rules.h"
#include "engine/message/template.h"

namespace herald::message {
namespace {

using Kind = Json::Kind;

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

bool is_id(std::string_view text) {
  constexpr std::size_t kBytesMax = 64;
  return !text.empty() && text.size() <= kBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  c == '.' || c == '_' || c == '-';
         });
}

// Reads one job, gathering errors as it goes.
class JobReader {
 public:
  JobReader(const Json& root, const std::filesystem::path& file) : root_(root), file_(file) {}
  JobCheck read();

 private:
  struct Key {
    std::string_view name;
    std::optional<Kind> kind;  // nothing: any
    bool required;
    void (JobReader::*read)(const std::string& pointer, const Json& value);
  };
  struct Line {
    std::uint32_t line;
    Error error;
  };
  static const std::array<Key, 7> kJobKeys;
  static const std::array<Key, 3> kAudienceKeys;
  static const std::array<Key, 9> kPolicyKeys;

  void read_keys(const std::string& pointer, const Json& object, std::span<const Key> keys);
  void read_id(const std::string& pointer, const Json& value);
  void read_app(const std::string& pointer, const Json& value);
  void read_push_type(const std::string& pointer, const Json& value);
  void read_payload(const std::string& pointer, const Json& value);
  void read_push_options(const std::string& pointer, const Json& value);
  void read_audience(const std::string& pointer, const Json& value);
  void read_audience_file(const std::string& pointer, const Json& value);
  void read_format(const std::string& pointer, const Json& value);
  void read_column(const std::string& pointer, const Json& value);
  void read_policy(const std::string& pointer, const Json& value);
  void read_delivery(const std::string& pointer, const Json& value);
  void read_over_quota(const std::string& pointer, const Json& value);
  void read_priority(const std::string& pointer, const Json& value);
  void read_start(const std::string& pointer, const Json& value);
  void read_expires(const std::string& pointer, const Json& value);
  void read_rate(const std::string& pointer, const Json& value);
  void read_max_malformed(const std::string& pointer, const Json& value);
  void refuse_unbuilt(const std::string& pointer, const Json& value);

  void refuse_variables(const std::string& pointer, const Json& value);
  void check_rules();
  void check_message_size();
  void check_times();
  std::optional<std::chrono::system_clock::time_point> read_time(const std::string& pointer,
                                                                 const Json& value);

  std::string line_text(const std::string& pointer, std::string_view text) const;
  void fail(const std::string& pointer, std::string_view text, Errc code = Errc::job);

  const Json& root_;
  const std::filesystem::path& file_;
  Job job_;
  std::optional<int> push_type_;
  std::vector<Line> errors_;
  std::vector<std::pair<std::uint32_t, std::string>> warnings_;
};

constexpr std::array<JobReader::Key, 7> JobReader::kJobKeys{{
    {"id", Kind::string, true, &JobReader::read_id},
    {"app", Kind::string, true, &JobReader::read_app},
    {"pushType", Kind::number, true, &JobReader::read_push_type},
    {"payload", Kind::object, true, &JobReader::read_payload},
    {"pushOptions", Kind::object, false, &JobReader::read_push_options},
    {"audience", Kind::object, false, &JobReader::read_audience},
    {"policy", Kind::object, false, &JobReader::read_policy},
}};

constexpr std::array<JobReader::Key, 3> JobReader::kAudienceKeys{{
    {"file", Kind::string, false, &JobReader::read_audience_file},
    {"format", Kind::string, false, &JobReader::read_format},
    {"column", Kind::string, false, &JobReader::read_column},
}};

constexpr std::array<JobReader::Key, 9> JobReader::kPolicyKeys{{
    {"delivery", Kind::string, false, &JobReader::read_delivery},
    {"overQuota", Kind::string, false, &JobReader::read_over_quota},
    {"priority", Kind::string, false, &JobReader::read_priority},
    {"startAt", Kind::string, false, &JobReader::read_start},
    {"window", std::nullopt, false, &JobReader::refuse_unbuilt},
    {"expires", Kind::string, false, &JobReader::read_expires},
    {"rate", Kind::number, false, &JobReader::read_rate},
    {"maxMalformed", Kind::number, false, &JobReader::read_max_malformed},
    {"canary", std::nullopt, false, &JobReader::refuse_unbuilt},
}};

JobCheck JobReader::read() {
  if (root_.kind == Kind::object) {
    read_keys("", root_, kJobKeys);
    check_rules();
    check_message_size();
    check_times();
  } else {
    fail("", "a job must be an object");
  }
  const auto by_line = [](const auto& a, const auto& b) { return a.line < b.line; };
  std::stable_sort(errors_.begin(), errors_.end(), by_line);
  std::stable_sort(warnings_.begin(), warnings_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  JobCheck out;
  for (Line& line : errors_) out.errors.push_back(std::move(line.error));
  for (auto& [line, text] : warnings_) out.warnings.push_back(std::move(text));
  if (!out.errors.empty()) return out;
  job_.canonical = canonical_job(root_);
  job_.warnings = out.warnings;
  out.job = std::move(job_);
  return out;
}

void JobReader::read_keys(const std::string& pointer, const Json& object,
                          std::span<const Key> keys) {
  for (const Json& member : object.items) {
    const std::string here = child(pointer, member.key);
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == member.key; });
    if (key == keys.end()) {
      std::vector<std::string_view> names;
      for (const Key& known : keys) names.push_back(known.name);
      fail(here, fmt::format("unknown key; known: {}", join(names)));
    } else if (key->kind && member.kind != *key->kind) {
      fail(here, fmt::format("must be {}, is {}", to_string(*key->kind), to_string(member.kind)));
    } else {
      (this->*key->read)(here, member);
    }
  }
  for (const Key& key : keys) {
    if (key.required && object.member(key.name) == nullptr) {
      fail(child(pointer, key.name), "is missing");
    }
  }
}

void JobReader::read_id(const std::string& pointer, const Json& value) {
  if (!is_id(value.text)) {
    fail(pointer,
         fmt::format("must be 1 to 64 of A-Z a-z 0-9 . _ -, is \"{}\"", printable(value.text)));
  }
  job_.id = value.text;
}

void JobReader::read_app(const std::string& pointer, const Json& value) {
  if (value.text.empty()) fail(pointer, "is empty; name an [[app]] of the configuration");
  job_.app = value.text;
}

void JobReader::read_push_type(const std::string& pointer, const Json& value) {
  const auto number = integer_of(&value);
  if (!number) return fail(pointer, "must be a whole number");
  constexpr std::int64_t kMax = std::numeric_limits<int>::max();
  push_type_ = static_cast<int>(std::clamp(*number, -kMax, kMax));
  job_.push_type = *push_type_;
}

void JobReader::read_payload(const std::string& pointer, const Json& value) {
  refuse_variables(pointer, value);
  job_.payload = compact(value);
}

void JobReader::read_push_options(const std::string& pointer, const Json& value) {
  const Json* const test = value.member("testMessage");
  if (is_kind(test, Kind::boolean) && test->text == "true") {
    fail(child(pointer, "testMessage"),
         "test messages are not built yet, their daily quota is not kept; remove it",
         Errc::unsupported);
  }
}

// Placeholders of the service, as {{status}}, pass through; ours would reach people as they stand.
void JobReader::refuse_variables(const std::string& pointer, const Json& value) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& item = value.items[i];
    const std::string here =
        value.kind == Kind::object ? child(pointer, item.key) : child(pointer, i);
    refuse_variables(here, item);
    if (item.kind == Kind::string && item.text.find("{{vars.") != std::string::npos) {
      fail(here, "{{vars.…}} needs an audience of format jsonl, which is not built yet",
           Errc::unsupported);
    }
  }
}

void JobReader::read_audience(const std::string& pointer, const Json& value) {
  read_keys(pointer, value, kAudienceKeys);
}

void JobReader::read_audience_file(const std::string& pointer, const Json& value) {
  const std::filesystem::path audience = value.text;
  if (audience.empty()) return fail(pointer, "is empty; leave it out to give --audience");
  if (audience.extension() == ".gz" || audience.extension() == ".zst") {
    return fail(pointer,
                "compressed audiences are not built yet; unpack it, or pipe it in with "
                "--audience -",
                Errc::unsupported);
  }
  job_.audience.file = file_.parent_path() / audience;
}

void JobReader::read_format(const std::string& pointer, const Json& value) {
  if (value.text == "lines") return;
  if (value.text == "csv" || value.text == "jsonl") {
    return fail(pointer, fmt::format("format {} is not built yet; lines is", value.text),
                Errc::unsupported);
  }
  fail(pointer, fmt::format("must be lines, csv or jsonl, is \"{}\"", printable(value.text)));
}

void JobReader::read_column(const std::string& pointer, const Json&) {
  fail(pointer, "belongs to format csv, which is not built yet", Errc::unsupported);
}

void JobReader::read_policy(const std::string& pointer, const Json& value) {
  read_keys(pointer, value, kPolicyKeys);
}

void JobReader::read_delivery(const std::string& pointer, const Json& value) {
  if (value.text == "at-most-once") return;
  if (value.text == "at-least-once") {
    return fail(pointer, "at-least-once is not built yet; at-most-once is", Errc::unsupported);
  }
  fail(pointer,
       fmt::format("must be at-most-once or at-least-once, is \"{}\"", printable(value.text)));
}

void JobReader::read_over_quota(const std::string& pointer, const Json& value) {
  if (value.text == "drop") return;
  fail(pointer, fmt::format("\"{}\" is not built; drop is", printable(value.text)),
       Errc::unsupported);
}

void JobReader::read_priority(const std::string& pointer, const Json& value) {
  if (value.text == "normal") return;
  fail(pointer, fmt::format("\"{}\" is not built yet; normal is", printable(value.text)),
       Errc::unsupported);
}

void JobReader::refuse_unbuilt(const std::string& pointer, const Json&) {
  fail(pointer, "is not built yet; remove it", Errc::unsupported);
}

std::optional<std::chrono::system_clock::time_point> JobReader::read_time(
    const std::string& pointer, const Json& value) {
  const auto time = parse_rfc3339(value.text);
  if (!time) {
    fail(pointer, fmt::format("must be a time like 2026-11-24T10:00:00+08:00, with its offset, is "
                              "\"{}\"",
                              printable(value.text)));
  }
  return time;
}

void JobReader::read_start(const std::string& pointer, const Json& value) {
  job_.policy.start_at = read_time(pointer, value);
}

void JobReader::read_expires(const std::string& pointer, const Json& value) {
  job_.policy.expires = read_time(pointer, value);
}

void JobReader::read_rate(const std::string& pointer, const Json& value) {
  constexpr std::int64_t kMax = std::numeric_limits<std::uint32_t>::max();
  const auto rate = integer_of(&value);
  if (!rate || *rate < 1 || *rate > kMax) {
    return fail(pointer,
                fmt::format("must be a whole number of devices per second from 1 to {}, is "
                            "{}",
                            kMax, printable(value.text)));
  }
  job_.policy.rate = static_cast<std::uint32_t>(*rate);
}

void JobReader::read_max_malformed(const std::string& pointer, const Json& value) {
  const std::string& text = value.text;
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc{} || share < 0 || share > 1) {
    return fail(pointer, fmt::format("must be 0 to 1, is {}", printable(text)));
  }
  job_.policy.max_malformed = share;
}

void JobReader::check_rules() {
  const Json* const payload = root_.member("payload");
  if (!push_type_ || !is_kind(payload, Kind::object)) return;
  const Json* const options = root_.member("pushOptions");
  for (const Violation& violation :
       check_message(*push_type_, *payload, is_kind(options, Kind::object) ? options : nullptr)) {
    if (violation.warning) {
      warnings_.emplace_back(line_of(root_, violation.pointer),
                             line_text(violation.pointer, to_string(violation)));
    } else {
      fail(violation.pointer, to_string(violation),
           violation.code == "unsupported" ? Errc::unsupported : Errc::job);
    }
  }
}

// With the options as they will be sent: biTag makes receipts name their campaign.
void JobReader::check_message_size() {
  Json options;
  options.kind = Kind::object;
  if (const Json* const given = root_.member("pushOptions"); is_kind(given, Kind::object)) {
    options.items = given->items;
  }
  if (options.member("biTag") == nullptr) {
    Json& tag = options.items.emplace_back();
    tag.kind = Kind::string;
    tag.key = "biTag";
    tag.text = job_.id;
  }
  job_.push_options = compact(options);
  if (job_.payload.empty()) return;
  const auto made = Template::make(job_.push_type, job_.payload, job_.push_options);
  if (made.has_error()) fail("/payload", made.error().what);
}

void JobReader::check_times() {
  const Policy& policy = job_.policy;
  if (policy.start_at && policy.expires && *policy.expires <= *policy.start_at) {
    fail("/policy/expires", "must be after startAt");
  }
}

std::string JobReader::line_text(const std::string& pointer, std::string_view text) const {
  return fmt::format("{}:{}: {}{}{}", file_.string(), line_of(root_, pointer), printable(pointer),
                     pointer.empty() ? "" : ": ", text);
}

void JobReader::fail(const std::string& pointer, std::string_view text, Errc code) {
  errors_.push_back({line_of(root_, pointer), Error{code, line_text(pointer, text)}});
}

}  // namespace

JobCheck check_job(std::string_view json, const std::filesystem::path& file) {
  const auto root = parse_json(json);
  if (root.has_value()) return JobReader(*root, file).read();
  const JsonFault& fault = root.error();
  JobCheck out;
  out.errors.push_back(
      {Errc::job, fmt::format("{}:{}: {}{}{}", file.string(), fault.line, printable(fault.pointer),
                              fault.pointer.empty() ? "" : ": ", fault.text)});
  return out;
}

}  // namespace herald::message
