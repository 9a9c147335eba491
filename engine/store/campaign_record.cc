#include "engine/store/campaign_record.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace herald::store {
namespace {

namespace json = boost::json;

template <class T>
bool read(const json::object& object, std::string_view name, T& into) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) return false;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!value->is_string()) return false;
    into = value->as_string();
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value->is_bool()) return false;
    into = value->as_bool();
  } else {
    boost::system::error_code failed;
    into = value->to_number<T>(failed);
    if (failed) return false;
  }
  return true;
}

Result<json::object> parse_object(std::string_view bytes, std::string_view what) {
  boost::system::error_code failed;
  json::value value = json::parse(json::string_view{bytes.data(), bytes.size()}, failed);
  if (failed || !value.is_object()) {
    return Error{Errc::damaged_store, fmt::format("the {} is not readable", what)};
  }
  return std::move(value.as_object());
}

// A member that records of earlier versions lack: its default stands.
template <class T>
bool read_later(const json::object& from, json::string_view name, T& into) {
  return !from.contains(name) || read(from, name, into);
}

json::object totals_json(const Totals& totals) {
  json::object reasons;
  for (const auto& [reason, count] : totals.reasons) reasons[reason] = count;
  return {{"records", totals.records},
          {"pending", totals.pending},
          {"outcomes", json::array(totals.outcomes.begin(), totals.outcomes.end())},
          {"reasons", std::move(reasons)}};
}

bool read_totals(const json::object& object, std::optional<Totals>& into) {
  const json::value* value = object.if_contains("totals");
  if (value == nullptr) return true;
  if (!value->is_object()) return false;
  const json::object& from = value->as_object();
  const json::value* outcomes = from.if_contains("outcomes");
  const json::value* reasons = from.if_contains("reasons");
  Totals totals;
  if (!read(from, "records", totals.records) || !read(from, "pending", totals.pending) ||
      outcomes == nullptr || !outcomes->is_array() || reasons == nullptr || !reasons->is_object() ||
      outcomes->as_array().size() > kOutcomes) {
    return false;
  }
  boost::system::error_code failed;
  for (std::size_t i = 0; i < outcomes->as_array().size() && !failed; ++i) {
    totals.outcomes[i] = outcomes->as_array()[i].to_number<std::uint64_t>(failed);
  }
  for (const auto& reason : reasons->as_object()) {
    if (failed) break;
    totals.reasons[reason.key()] = reason.value().to_number<std::uint64_t>(failed);
  }
  into = std::move(totals);
  return !failed;
}

// From 0 upwards, or it is damaged.
bool read_slices(const json::object& object, std::vector<std::uint64_t>& into) {
  const json::value* value = object.if_contains("audience_slices");
  if (value == nullptr) return true;
  if (!value->is_array() || value->as_array().empty()) return false;
  boost::system::error_code failed;
  for (const json::value& begin : value->as_array()) {
    const auto at = begin.to_number<std::uint64_t>(failed);
    if (failed || (into.empty() ? at != 0 : at <= into.back())) return false;
    into.push_back(at);
  }
  return true;
}

}  // namespace

std::string encode(const CampaignRecord& record) {
  json::object object{
      {"number", record.number},
      {"id", record.id},
      {"app", record.app},
      {"project", record.project},
      {"push_type", record.push_type},
      {"job", record.job},
      {"audience", record.audience},
      {"audience_bytes", record.audience_bytes},
      {"audience_digest", record.audience_digest},
      {"audience_format", record.audience_format},
      {"audience_column", record.audience_column},
      {"audience_separator", record.audience_separator},
      {"audience_packed", record.audience_packed},
      {"audience_spooled", record.audience_spooled},
      {"created_day", record.created_day},
      {"created_ms", record.created_ms},
      {"state", static_cast<int>(record.state)},
      {"pause_reason", record.pause_reason},
      {"body_bytes", record.body_bytes},
      {"sent", record.requests.sent},
      {"retried", record.requests.retried},
      {"failed", record.requests.failed},
      {"rate_limited", record.rate_limited},
      {"elapsed_ms", record.elapsed_ms},
      {"synced", record.synced},
  };
  if (!record.audience_slices.empty()) {
    object["audience_slices"] =
        json::array(record.audience_slices.begin(), record.audience_slices.end());
  }
  if (record.totals) object["totals"] = totals_json(*record.totals);
  return json::serialize(object);
}

Result<CampaignRecord> decode_campaign(std::string_view bytes) {
  auto parsed = parse_object(bytes, "campaign record");
  if (!parsed) return parsed.error();
  const json::object& from = *parsed;
  CampaignRecord record;
  int state = 0;
  const bool whole =
      read(from, "number", record.number) && read(from, "id", record.id) &&
      read(from, "app", record.app) && read_later(from, "project", record.project) &&
      read_later(from, "push_type", record.push_type) && read(from, "job", record.job) &&
      read(from, "audience", record.audience) &&
      read(from, "audience_bytes", record.audience_bytes) &&
      read(from, "audience_digest", record.audience_digest) &&
      read_later(from, "audience_format", record.audience_format) &&
      read_later(from, "audience_column", record.audience_column) &&
      read_later(from, "audience_separator", record.audience_separator) &&
      read_later(from, "audience_packed", record.audience_packed) &&
      read_later(from, "audience_spooled", record.audience_spooled) &&
      read(from, "created_day", record.created_day) &&
      read(from, "created_ms", record.created_ms) && read(from, "state", state) &&
      read(from, "pause_reason", record.pause_reason) &&
      read(from, "body_bytes", record.body_bytes) && read(from, "sent", record.requests.sent) &&
      read(from, "retried", record.requests.retried) &&
      read(from, "failed", record.requests.failed) &&
      read(from, "rate_limited", record.rate_limited) &&
      read(from, "elapsed_ms", record.elapsed_ms) && read(from, "synced", record.synced) &&
      read_totals(from, record.totals) && read_slices(from, record.audience_slices);
  if (!whole || state < 0 || state > static_cast<int>(CampaignState::finished)) {
    return Error{Errc::damaged_store, "a campaign record lacks a member"};
  }
  record.state = static_cast<CampaignState>(state);
  return record;
}

std::string encode(const Meta& meta) {
  return json::serialize(json::object{{"format", meta.format},
                                      {"fingerprint_seed", meta.fingerprint_seed},
                                      {"shard", meta.shard},
                                      {"shards", meta.shards}});
}

Result<Meta> decode_meta(std::string_view bytes) {
  auto parsed = parse_object(bytes, "meta record");
  if (!parsed) return parsed.error();
  Meta meta;
  if (!read(*parsed, "format", meta.format) ||
      !read(*parsed, "fingerprint_seed", meta.fingerprint_seed) ||
      !read(*parsed, "shard", meta.shard) || !read(*parsed, "shards", meta.shards)) {
    return Error{Errc::damaged_store, "the meta record lacks a member"};
  }
  if (meta.format != 1 || meta.shards != 1 || meta.shard != 0) {
    return Error{Errc::damaged_store,
                 fmt::format("the store has format {} and is shard {} of {}; this version knows "
                             "format 1 and one shard: use the version that made it",
                             meta.format, meta.shard, meta.shards)};
  }
  return meta;
}

Result<std::optional<CampaignRecord>> find_campaign(Store& store, std::string_view id) {
  auto all = store.campaigns();
  if (!all) return all.error();
  for (CampaignRecord& record : *all) {
    if (record.id == id) return std::optional{std::move(record)};
  }
  return std::optional<CampaignRecord>{};
}

}  // namespace herald::store
