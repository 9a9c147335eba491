#include "tools/pushsim/dump.h"

#include <fmt/format.h>

#include <iterator>

#include "tools/pushsim/clock.h"
#include "tools/pushsim/files.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

// An object on one line: members in the order they are added.
class Object {
 public:
  Object& add(std::string_view name, std::uint64_t value) {
    return add_text(name, fmt::format("{}", value));
  }
  Object& add(std::string_view name, const Object& value) { return add_text(name, value.text()); }
  std::string text() const { return "{" + members_ + "}"; }

 private:
  Object& add_text(std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(members_), "{}{}: {}", members_.empty() ? "" : ", ",
                   json_string(name), value);
    return *this;
  }
  std::string members_;
};

Object pair_object(const Pair& pair) {
  return Object().add("requests", pair.requests).add("tokens", pair.tokens);
}

Object requests_object(const ServiceCounters& counters) {
  Object by_code;
  for (const auto& [code, count] : counters.by_code) by_code.add(code, count);
  Object by_status;
  for (const auto& [status, count] : counters.by_status)
    by_status.add(std::to_string(status), count);
  return Object()
      .add("received", counters.received)
      .add("accepted", counters.accepted)
      .add("partial", counters.partial)
      .add("refused", counters.refused)
      .add("errors", counters.errors)
      .add("not_processed", counters.not_processed)
      .add("revokes", counters.revokes)
      .add("image_checks", counters.image_checks)
      .add("probes", counters.probes)
      .add("by_code", by_code)
      .add("by_status", by_status);
}

Object tokens_object(const ServiceCounters& counters, const AccountTotals& totals) {
  return Object()
      .add("received", counters.tokens_received)
      .add("accepted", totals.accepted)
      .add("invalid", totals.invalid)
      .add("over_limit", totals.over_limit)
      .add("duplicate_in_request", totals.duplicate_in_request)
      .add("twice_in_campaign", totals.twice_in_campaign);
}

Object campaigns_object(const Account& account) {
  Object all;
  for (const auto& [name, totals] : account.campaigns()) {
    all.add(name, Object()
                      .add("accepted", totals.accepted)
                      .add("invalid", totals.invalid)
                      .add("requests", totals.requests)
                      .add("over_limit", totals.over_limit)
                      .add("twice", totals.twice));
  }
  return all;
}

Object push_types_object(const ServiceCounters& counters) {
  Object all;
  for (const auto& [type, pair] : counters.by_push_type) {
    all.add(std::to_string(type), pair_object(pair));
  }
  return all;
}

Object over_object(const AccountTotals& totals) {
  const auto of = [&](Scenario scenario) {
    return totals.over[static_cast<std::size_t>(scenario)];
  };
  return Object()
      .add("marketing", of(Scenario::marketing))
      .add("form", of(Scenario::form))
      .add("live_view", of(Scenario::live_view))
      .add("test", totals.over_test)
      .add("total", totals.over_total);
}

Object forms_object(const Accounts& accounts) {
  const FormTotals& totals = accounts.forms().totals();
  return Object()
      .add("messages", totals.messages)
      .add("cards", accounts.forms().cards())
      .add("max_per_card", accounts.forms().counts().max())
      .add("over_limit", totals.over_limit)
      .add("version_not_greater", totals.version_not_greater)
      .add("overlapping", accounts.overlapping_forms());
}

Object live_views_object(const Accounts& accounts) {
  const LiveViewTotals& totals = accounts.live_views().totals();
  const auto window = [](const WindowMax& most) {
    return Object().add("in_5_minutes", most.in_5_minutes).add("in_1_hour", most.in_1_hour);
  };
  return Object()
      .add("messages", totals.messages)
      .add("activities", accounts.live_views().activities())
      .add("max_normal", window(totals.normal))
      .add("max_large", window(totals.large))
      .add("over_limit", totals.over_limit)
      .add("created_again", totals.created_again)
      .add("unknown_activity", totals.unknown_activity)
      .add("version_not_greater", totals.version_not_greater)
      .add("overlapping", accounts.overlapping_live_views());
}

Object receipts_object(const ReceiptTotals& totals) {
  Object by_result;
  for (const auto& [result, count] : totals.by_result) by_result.add(std::to_string(result), count);
  return Object()
      .add("made", totals.made)
      .add("delivered", totals.delivered)
      .add("dropped", totals.dropped)
      .add("failed", totals.failed)
      .add("queued", totals.queued)
      .add("posts", totals.posts)
      .add("posts_failed", totals.posts_failed)
      .add("by_result", by_result);
}

Object days_object(const Account& account) {
  Object all;
  for (const auto& [day, totals] : account.days()) {
    all.add(day_text(day), Object()
                               .add("marketing", totals.in(Scenario::marketing))
                               .add("total", totals.total)
                               .add("test", totals.test)
                               .add("devices", totals.devices)
                               .add("form", totals.in(Scenario::form))
                               .add("live_view", totals.in(Scenario::live_view)));
  }
  return all;
}

Object faults_object(const ServiceCounters& counters) {
  Object all;
  for (std::size_t i = 1; i < kFaults; ++i) {
    if (counters.faults[i] > 0) all.add(fault_name(static_cast<Fault>(i)), counters.faults[i]);
  }
  return all;
}

}  // namespace

std::string dump_json(const Service& service) {
  const ServiceCounters& counters = service.counters();
  const Account& account = service.account();
  const AccountTotals& totals = account.totals();
  std::string text = "{\n";
  const auto member = [&text](std::string_view name, const std::string& value) {
    fmt::format_to(std::back_inserter(text), "{} \"{}\": {}", text.size() > 2 ? ",\n" : "", name,
                   value);
  };
  member("requests", requests_object(counters).text());
  member("tokens", tokens_object(counters, totals).text());
  member("devices", std::to_string(account.devices()));
  member("max_per_device",
         Object().add("marketing", totals.marketing_max).add("total", totals.total_max).text());
  member("over_limit", over_object(totals).text());
  member("by_push_type", push_types_object(counters).text());
  member("forms", forms_object(service.accounts()).text());
  member("live_views", live_views_object(service.accounts()).text());
  member("by_campaign", campaigns_object(account).text());
  member("days", days_object(account).text());
  member("in_flight", std::to_string(counters.in_flight));
  member("in_flight_max", std::to_string(counters.in_flight_max));
  member("unanswered", pair_object(counters.unanswered).text());
  member("unreadable", pair_object(counters.garbled).text());
  member("lost", pair_object(counters.lost).text());
  member("revoked", pair_object(counters.revoked).text());
  const ReceiptSink* receipts = service.receipts();
  member("receipts",
         receipts_object(receipts == nullptr ? ReceiptTotals{} : receipts->totals()).text());
  member("faults", faults_object(counters).text());
  member("connections", Object()
                            .add("accepted", counters.connections_accepted)
                            .add("closed", counters.connections_closed)
                            .text());
  return text + "\n}\n";
}

std::string write_dumps(const Service& service) {
  const Options& options = service.options();
  std::string failure;
  if (!options.dump_file.empty()) failure = replace_file(options.dump_file, dump_json(service));
  if (failure.empty() && !options.dump_devices_file.empty()) {
    failure = replace_file(options.dump_devices_file, service.accounts().device_lines());
  }
  return failure;
}

}  // namespace pushsim
