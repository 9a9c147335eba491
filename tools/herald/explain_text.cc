#include "tools/herald/explain_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/base/escape.h"
#include "tools/herald/text.h"

namespace herald::cli {
namespace {

struct Meaning {
  std::string_view name;  // of an outcome, or of outcome.reason
  std::string_view text;
};

constexpr std::array kMeanings{
    Meaning{"over_quota.marketing", "the device had had its marketing messages of the day"},
    Meaning{"over_quota.total", "the device had had all its messages of the day"},
    Meaning{"over_quota.form", "the card had had its updates of the day"},
    Meaning{"over_quota.live_view",
            "the live view had had its updates of the last 5 minutes or hour"},
    Meaning{"over_quota.created", "the live view had been created within the last 12 hours"},
    Meaning{"over_quota.test", "the project had had its test messages of the day"},
    Meaning{"suppressed.token_gone",
            "the token is no longer in use: the app was uninstalled or has a new one"},
    Meaning{"suppressed.notifications_off",
            "the device's user had switched the app's notifications off"},
    Meaning{"suppressed.inactive", "the device had not been seen for 30 days"},
    Meaning{"suppressed.card_gone",
            "the device had no such card: the service blocks it for 30 days"},
    Meaning{"suppressed.card_limit",
            "the device refreshes this card no more: the service blocks it for a day"},
    Meaning{"suppressed.activity_gone",
            "there was no such live view: the service blocks it for 24 hours"},
    Meaning{"malformed", "what the record says could not be sent"},
    Meaning{"duplicate", "it came before in the same campaign"},
    Meaning{"invalid", "the service refused this token"},
    Meaning{"rejected", "the service refused the whole request"},
    Meaning{"expired", "the campaign's time ran out before it was sent"},
    Meaning{"cancelled", "the campaign was cancelled before it was sent"},
    Meaning{"ambiguous", "it was sent, and no answer proves that the service took it, or not"},
    Meaning{"accepted", "the service took it; whether the device showed it, a receipt says"},
};

std::string time_text(std::chrono::system_clock::time_point time, std::chrono::minutes offset) {
  const auto local = std::chrono::floor<std::chrono::seconds>(time) + offset;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(local)));
}

std::string charge_text(const DeviceCharge& charge) {
  std::string name = charge.klass == "total" ? std::string{"all messages"} : charge.klass;
  if (charge.surface != "-") name += ' ' + charge.surface;
  std::string text = fmt::format("{}  {:<28} {}", charge.day, name, charge.count);
  if (charge.limit) text += fmt::format(" of {}", grouped(*charge.limit));
  return text;
}

std::string outcome_text(const DeviceOutcome& outcome, std::chrono::minutes offset) {
  std::string text =
      fmt::format("{}  {} record {}: ", time_text(outcome.time, offset), one_line(outcome.campaign),
                  outcome.record == 0 ? "?" : grouped(outcome.record));
  if (!outcome.outcome) return text + "pending";
  text += to_string(*outcome.outcome);
  if (!outcome.reason.empty()) text += '.' + one_line(outcome.reason);
  if (outcome.surface != "-") text += fmt::format(" ({})", outcome.surface);
  if (const auto meaning = meaning_of(*outcome.outcome, outcome.reason); !meaning.empty()) {
    text += fmt::format("\n                       {}", meaning);
  }
  if (!outcome.request_id.empty()) {
    text += fmt::format("\n                       request {}", one_line(outcome.request_id));
  }
  return text;
}

std::string offset_text(std::chrono::minutes offset) {
  const auto minutes = std::abs(offset.count());
  return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

// The names alone; why is in the JSON.
std::string unread_text(const std::vector<std::string>& unread) {
  if (unread.empty()) return "";
  std::string names;
  for (const std::string& each : unread) {  // "campaign: why"
    names += (names.empty() ? "" : ", ") + one_line(each.substr(0, each.find(": ")));
  }
  return fmt::format(
      "  of {} campaign{} only what was sent is known, as {} could not be read again: {}\n",
      grouped(unread.size()), unread.size() == 1 ? "" : "s",
      unread.size() == 1 ? "its audience" : "their audiences", names);
}

std::string json_text(std::string_view text) {
  std::string out;
  base::append_json(out, text);
  return out;
}

template <class Items, class Text>
std::string json_array(const Items& items, const Text& text) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += text(item);
  }
  return out + ']';
}

std::string charge_json(const DeviceCharge& charge) {
  return fmt::format(R"({{"day":"{}","class":"{}","surface":{},"count":{},"limit":{}}})",
                     charge.day, charge.klass, json_text(charge.surface), charge.count,
                     charge.limit ? std::to_string(*charge.limit) : "null");
}

std::string outcome_json(const DeviceOutcome& outcome) {
  const auto ms =
      std::chrono::floor<std::chrono::milliseconds>(outcome.time.time_since_epoch()).count();
  return fmt::format(
      R"({{"campaign":{},"record":{},"outcome":"{}","reason":{},"surface":{},"time_ms":{},"request_id":{}}})",
      json_text(outcome.campaign), outcome.record,
      outcome.outcome ? to_string(*outcome.outcome) : "pending", json_text(outcome.reason),
      json_text(outcome.surface), ms, json_text(outcome.request_id));
}

}  // namespace

std::string_view meaning_of(Outcome outcome, std::string_view reason) {
  const auto find = [](const std::string& name) {
    return std::find_if(kMeanings.begin(), kMeanings.end(),
                        [&](const Meaning& meaning) { return meaning.name == name; });
  };
  if (outcome == Outcome::malformed) {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(kLastReason); ++i) {
      const auto known = static_cast<Reason>(i);
      if (to_string(known) == reason && !way_out(known).empty()) return way_out(known);
    }
  }
  auto found = find(fmt::format("{}.{}", to_string(outcome), reason));
  if (found == kMeanings.end()) found = find(std::string{to_string(outcome)});
  return found == kMeanings.end() ? std::string_view{} : found->text;
}

std::string explain_text(const std::vector<DeviceAccount>& accounts, std::chrono::minutes offset) {
  std::string out;
  bool times_told = false;
  for (const DeviceAccount& account : accounts) {
    out += fmt::format("app {}, device {:016x}\n", one_line(account.app), account.fingerprint);
    if (!account.suppressed.empty()) {
      out += fmt::format(
          "  suppressed: {}{}\n", account.suppressed,
          account.suppressed_until.empty() ? " for good" : " until " + account.suppressed_until);
    }
    out += account.charges.empty() ? "  charged: nothing today\n" : "  charged\n";
    for (const DeviceCharge& charge : account.charges) {
      out += fmt::format("    {}\n", charge_text(charge));
    }
    if (account.outcomes.empty()) {
      out += "  campaigns: in none that the store knows\n";
    } else {
      out += times_told ? "  campaigns\n"
                        : fmt::format("  campaigns, times at {}\n", offset_text(offset));
      times_told = true;
    }
    for (const DeviceOutcome& outcome : account.outcomes) {
      out += fmt::format("    {}\n", outcome_text(outcome, offset));
    }
    out += unread_text(account.unread);
  }
  return out;
}

std::string explain_json(const std::vector<DeviceAccount>& accounts) {
  return json_array(accounts, [](const DeviceAccount& account) {
    return fmt::format(
        R"({{"app":{},"fingerprint":"{:016x}","suppressed":{},"suppressed_until":{},"charges":{},"outcomes":{},"unread":{}}})",
        json_text(account.app), account.fingerprint, json_text(account.suppressed),
        json_text(account.suppressed_until), json_array(account.charges, charge_json),
        json_array(account.outcomes, outcome_json), json_array(account.unread, json_text));
  });
}

}  // namespace herald::cli
