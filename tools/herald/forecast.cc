#include "tools/herald/forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "tools/herald/text.h"

namespace herald::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kBodyBytesMax = 4096;  // api.md 7
constexpr int kAlert = 0;
constexpr int kForm = 1;
constexpr int kLiveView = 7;

// The member at a JSON pointer, or null. The texts come from a Job, so they parse.
json::value member(const std::string& text, std::string_view pointer) {
  json::error_code error;
  const json::value document = json::parse(text, error);
  if (error) return nullptr;
  const json::value* found = document.find_pointer(json::string_view(pointer), error);
  return found ? *found : nullptr;
}

std::string string_at(const Job& job, std::string_view pointer) {
  const json::value text = member(job.payload, pointer);
  return text.is_string() ? std::string(text.get_string()) : std::string();
}

bool is_test_message(const Job& job) {
  const json::value flag = member(job.push_options, "/testMessage");
  return flag.is_bool() && flag.get_bool();
}

// api.md 6: forms go one by one, test messages by ten. Records that differ share no request.
std::uint64_t tokens_per_request(const Job& job, bool test_message) {
  if (job.push_type == kForm || job.varies) return 1;
  return std::min<std::uint64_t>(job.policy.tokens_per_request, test_message ? 10 : 1000);
}

// quotas.md 1 to 3. A badge-only message has no category and is in no quota of its own.
void set_limits(Forecast& forecast, const AppConfig& app) {
  forecast.effective = forecast.category;
  if (forecast.push_type == kAlert && !forecast.category.empty() &&
      app.counts_as_marketing(forecast.category)) {
    forecast.effective = "MARKETING";
    forecast.marketing = !forecast.test_message;
  }
  if (forecast.test_message) return;
  if (forecast.marketing) forecast.per_device_and_day = app.marketing_per_day;
  if (forecast.push_type == kForm) forecast.per_device_and_day = app.form_per_day;
}

std::string limit_text(const Forecast& forecast) {
  const std::string total =
      fmt::format("all messages of the app: {} a device and day", forecast.device_daily_cap);
  if (forecast.test_message) return "a test message: 1000 a day for the whole project; " + total;
  if (forecast.push_type == kLiveView) {  // quotas.md 4
    return fmt::format("an activity and device: {} in 5 minutes, {} in an hour; {}",
                       forecast.large_windows ? 30 : 10, forecast.large_windows ? 180 : 60, total);
  }
  if (!forecast.per_device_and_day) return "no limit of its own; " + total;
  return fmt::format("{}{} a device and day; {}", forecast.push_type == kForm ? "a card: " : "",
                     *forecast.per_device_and_day, total);
}

std::string category_text(const Forecast& forecast) {
  if (forecast.category.empty()) return "none";
  if (forecast.category == forecast.effective) return forecast.category;
  return fmt::format("{}, counted as {}: the app has no entitlement for it", forecast.category,
                     forecast.effective);
}

std::string malformed_text(const AudienceCount& audience) {
  std::string text =
      fmt::format("{} of {}", grouped(audience.malformed_records()), grouped(audience.records));
  const char* before = ": ";
  for (const MalformedCount& each : audience.malformed) {
    text += fmt::format("{}{} {} (first: record {})", before, to_string(each.reason),
                        grouped(each.count), grouped(each.first));
    before = ", ";
  }
  return text;
}

json::object malformed_json(const AudienceCount& audience) {
  json::object out;
  for (const MalformedCount& each : audience.malformed) {
    out[to_string(each.reason)] = json::object{{"count", each.count}, {"first", each.first}};
  }
  return out;
}

void append_line(std::string& out, std::string_view label, std::string_view text) {
  out += fmt::format("{:<10}{}\n", label, text);
}

}  // namespace

Forecast forecast(const Config& config, const AppConfig& app, const Job& job,
                  std::size_t body_bytes, AudienceCount audience) {
  Forecast out;
  out.campaign = job.id;
  out.app = app.name;
  out.push_type = job.push_type;
  out.body_bytes = body_bytes;
  const std::uint64_t records = audience.records;
  out.audience = std::move(audience);
  out.test_message = is_test_message(job);
  const std::uint64_t per_request = tokens_per_request(job, out.test_message);
  out.requests = (records + per_request - 1) / per_request;
  out.rate = job.policy.rate == 0 ? app.rate : std::min(job.policy.rate, app.rate);
  out.minutes = static_cast<double>(records) / out.rate / 60;
  out.varies = job.varies;
  if (job.push_type == kLiveView) {
    const std::string event = string_at(job, "/event");
    out.large_windows = event == "TAXI" || event == "SCORE";
  }
  out.category = string_at(job, "/notification/category");
  out.device_daily_cap = config.ledger.device_daily_cap;
  set_limits(out, app);
  out.warnings = job.warnings;
  return out;
}

std::string forecast_table(const Forecast& forecast) {
  std::string out;
  append_line(
      out, "campaign",
      fmt::format("{}, app {}, push type {}", forecast.campaign, forecast.app, forecast.push_type));
  append_line(out, "body",
              fmt::format("{} of {} bytes, tokens not counted{}", grouped(forecast.body_bytes),
                          grouped(kBodyBytesMax),
                          forecast.varies ? "; before records put in what is theirs" : ""));
  append_line(out, "records", grouped(forecast.audience.records));
  if (!forecast.audience.malformed.empty()) {
    append_line(out, "malformed", malformed_text(forecast.audience));
  }
  append_line(out, "requests", "at most " + grouped(forecast.requests));
  append_line(
      out, "time",
      fmt::format("{:.1f} minutes at {} devices/s", forecast.minutes, grouped(forecast.rate)));
  append_line(out, "category", one_line(category_text(forecast)));
  append_line(out, "quota", limit_text(forecast));
  for (const std::string& warning : forecast.warnings) {
    append_line(out, "warning", one_line(warning));
  }
  return out;
}

std::string forecast_json(const Forecast& forecast) {
  json::object out{{"campaign", forecast.campaign},
                   {"app", forecast.app},
                   {"push_type", forecast.push_type},
                   {"body_bytes", forecast.body_bytes},
                   {"body_bytes_max", kBodyBytesMax},
                   {"records", forecast.audience.records},
                   {"malformed", malformed_json(forecast.audience)},
                   {"requests", forecast.requests},
                   {"rate", forecast.rate},
                   {"minutes", forecast.minutes},
                   {"category", forecast.category},
                   {"effective_category", forecast.effective},
                   {"counts_as_marketing", forecast.marketing},
                   {"per_device_and_day", nullptr},
                   {"device_daily_cap", forecast.device_daily_cap},
                   {"test_message", forecast.test_message},
                   {"varies", forecast.varies},
                   {"warnings", json::value_from(forecast.warnings)}};
  if (forecast.per_device_and_day) out["per_device_and_day"] = *forecast.per_device_and_day;
  return json::serialize(out);
}

}  // namespace herald::cli
