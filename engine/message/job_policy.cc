// The policy of a job: when, how fast, and what happens to what cannot be sent.
#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "engine/message/check.h"
#include "engine/message/job_keys.h"
#include "engine/message/rfc3339.h"

namespace herald::message {
namespace {

using Time = std::chrono::system_clock::time_point;

void read_delivery(JobErrors& errors, const std::string& pointer, const Json& value,
                   Policy& policy) {
  if (value.text == "at-most-once") return;
  policy.at_least_once = value.text == "at-least-once";
  if (policy.at_least_once) return;
  errors.fail(pointer, fmt::format("must be at-most-once or at-least-once, is \"{}\"",
                                   printable(value.text)));
}

void read_over_quota(JobErrors& errors, const std::string& pointer, const Json& value, Policy&) {
  if (value.text == "drop") return;
  errors.unsupported(pointer, fmt::format("\"{}\" is not built; drop is", printable(value.text)));
}

void read_priority(JobErrors& errors, const std::string& pointer, const Json& value, Policy&) {
  if (value.text == "normal") return;
  errors.unsupported(pointer,
                     fmt::format("\"{}\" is not built yet; normal is", printable(value.text)));
}

std::optional<Time> read_time(JobErrors& errors, const std::string& pointer, const Json& value) {
  const auto time = parse_rfc3339(value.text);
  if (!time) {
    errors.fail(pointer, fmt::format("must be a time like 2026-11-24T10:00:00+08:00, with its "
                                     "offset, is \"{}\"",
                                     printable(value.text)));
  }
  return time;
}

void read_start(JobErrors& errors, const std::string& pointer, const Json& value, Policy& policy) {
  policy.start_at = read_time(errors, pointer, value);
}

void read_expires(JobErrors& errors, const std::string& pointer, const Json& value,
                  Policy& policy) {
  policy.expires = read_time(errors, pointer, value);
}

void read_rate(JobErrors& errors, const std::string& pointer, const Json& value, Policy& policy) {
  constexpr std::int64_t kMax = std::numeric_limits<std::uint32_t>::max();
  const auto rate = integer_of(&value);
  if (!rate || *rate < 1 || *rate > kMax) {
    return errors.fail(pointer, fmt::format("must be a whole number of devices per second from 1 "
                                            "to {}, is {}",
                                            kMax, printable(value.text)));
  }
  policy.rate = static_cast<std::uint32_t>(*rate);
}

void read_max_malformed(JobErrors& errors, const std::string& pointer, const Json& value,
                        Policy& policy) {
  const std::string& text = value.text;
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc{} || share < 0 || share > 1) {
    return errors.fail(pointer, fmt::format("must be 0 to 1, is {}", printable(text)));
  }
  policy.max_malformed = share;
}

void read_tokens_per_request(JobErrors& errors, const std::string& pointer, const Json& value,
                             Policy& policy) {
  constexpr std::int64_t kMax = 1000;  // api.md 6
  const auto tokens = integer_of(&value);
  if (!tokens || *tokens < 1 || *tokens > kMax) {
    return errors.fail(pointer, fmt::format("must be a whole number from 1 to {}, is {}", kMax,
                                            printable(value.text)));
  }
  policy.tokens_per_request = static_cast<std::uint32_t>(*tokens);
}

void refuse_unbuilt(JobErrors& errors, const std::string& pointer, const Json&, Policy&) {
  errors.unsupported(pointer, "is not built yet; remove it");
}

constexpr std::array<Key<Policy>, 10> kKeys{{
    {"delivery", Json::Kind::string, false, &read_delivery},
    {"overQuota", Json::Kind::string, false, &read_over_quota},
    {"priority", Json::Kind::string, false, &read_priority},
    {"startAt", Json::Kind::string, false, &read_start},
    {"window", std::nullopt, false, &refuse_unbuilt},
    {"expires", Json::Kind::string, false, &read_expires},
    {"rate", Json::Kind::number, false, &read_rate},
    {"maxMalformed", Json::Kind::number, false, &read_max_malformed},
    {"tokensPerRequest", Json::Kind::number, false, &read_tokens_per_request},
    {"canary", std::nullopt, false, &refuse_unbuilt},
}};

}  // namespace

void read_policy(JobErrors& errors, const std::string& pointer, const Json& value, Policy& policy) {
  read_keys(errors, pointer, value, kKeys, policy);
  if (policy.start_at && policy.expires && *policy.expires <= *policy.start_at) {
    errors.fail(child(pointer, "expires"), "must be after startAt");
  }
}

}  // namespace herald::message
