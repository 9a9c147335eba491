#include "tools/herald/control_progress.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "engine/base/escape.h"

namespace herald::cli {
namespace {

namespace json = boost::json;

std::string json_text(std::string_view text) {
  std::string out;
  base::append_json(out, text);
  return out;
}

std::int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string one(const CampaignProgress& campaign) {
  const Progress& now = campaign.progress;
  return fmt::format(
      R"({{"campaign":{},"app":{},"created_ms":{},"state":"{}","records":{},"settled":{},)"
      R"("accepted":{},"bytes_read":{},"bytes_total":{},"seconds":{:.3f},"trouble":{}}})",
      json_text(campaign.id), json_text(campaign.app), milliseconds(campaign.created),
      to_string(now.state), now.records, now.settled, now.accepted, now.bytes_read, now.bytes_total,
      now.seconds, json_text(now.trouble));
}

std::string text(const json::object& from, json::string_view name) {
  return std::string{from.at(name).as_string().c_str()};
}

std::uint64_t count(const json::object& from, json::string_view name) {
  return from.at(name).to_number<std::uint64_t>();
}

CampaignState state_of(std::string_view name) {
  for (const auto state : {CampaignState::paused, CampaignState::input_error,
                           CampaignState::cancelled, CampaignState::finished}) {
    if (to_string(state) == name) return state;
  }
  return CampaignState::running;
}

std::chrono::system_clock::time_point time(const json::object& from, json::string_view name) {
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  const auto ms = from.at(name).to_number<std::int64_t>();
  // In years from 1678 to 2261, as nanoseconds have it.
  constexpr auto kMost = std::chrono::floor<milliseconds>(system_clock::duration::max()).count();
  if (ms < -kMost || ms > kMost) throw std::out_of_range{"a time that no clock shows"};
  return system_clock::time_point{milliseconds{ms}};
}

CampaignProgress read_one(const json::object& from) {
  CampaignProgress campaign;
  campaign.id = text(from, "campaign");
  campaign.app = text(from, "app");
  campaign.created = time(from, "created_ms");
  Progress& now = campaign.progress;
  now.state = state_of(text(from, "state"));
  now.records = count(from, "records");
  now.settled = count(from, "settled");
  now.accepted = count(from, "accepted");
  now.bytes_read = count(from, "bytes_read");
  now.bytes_total = count(from, "bytes_total");
  now.seconds = from.at("seconds").to_number<double>();
  now.trouble = text(from, "trouble");
  return campaign;
}

}  // namespace

std::string to_json(const std::vector<CampaignProgress>& campaigns) {
  std::string out = "{\"campaigns\":[";
  for (const CampaignProgress& campaign : campaigns) {
    if (out.back() != '[') out += ',';
    out += one(campaign);
  }
  return out + "]}";
}

std::optional<std::vector<CampaignProgress>> read_progress(std::string_view text) {
  // Boost.JSON says what is missing with exceptions; who is asked is the same program.
  try {
    std::vector<CampaignProgress> campaigns;
    const json::value whole = json::parse({text.data(), text.size()});
    for (const json::value& each : whole.as_object().at("campaigns").as_array()) {
      campaigns.push_back(read_one(each.as_object()));
    }
    return campaigns;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace herald::cli
