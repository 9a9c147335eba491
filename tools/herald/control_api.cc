#include "tools/herald/control_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "engine/base/escape.h"
#include "engine/engine_store.h"
#include "engine/store/campaign_record.h"
#include "tools/herald/control_frames.h"
#include "tools/herald/control_progress.h"

namespace herald::cli {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr std::chrono::milliseconds kLookUp{100};  // whether the server goes away

unsigned http_status(Errc code) {
  switch (code) {
    case Errc::not_found:
      return 404;
    case Errc::usage:
    case Errc::exists:
      return 409;
    default:
      return 500;
  }
}

Result<void> refuse(const ControlSeams& on, const Error& error) {
  return on.send(http_answer(http_status(error.code), error_json(error)));
}

Result<void> refuse(const ControlSeams& on, unsigned status, std::string_view what) {
  return on.send(http_answer(status, error_json({Errc::usage, std::string{what}})));
}

// --- steering ---

// An empty object: nothing can be said with it yet.
bool is_empty_object(std::string_view json) {
  boost::system::error_code failed;
  const auto value = boost::json::parse({json.data(), json.size()}, failed);
  return !failed && value.is_object() && value.get_object().empty();
}

// Whether it has stopped in time.
void wait_for_stop(const Campaign& campaign, const ControlSeams& on) {
  const auto until = std::chrono::steady_clock::now() + on.stop_wait;
  while (!campaign.wait_for(kLookUp)) {
    if (on.closing() || std::chrono::steady_clock::now() >= until) return;
  }
}

Result<std::string> steer(std::string_view id, std::string_view verb, const ControlSeams& on) {
  const bool cancels = verb == "cancel";
  CampaignState state = CampaignState::cancelled;
  auto running = on.engine.running(id);
  if (running) {
    if (cancels) {
      running->cancel();
    } else {
      running->pause("paused by an operator");
    }
    wait_for_stop(*running, on);
    state = running->progress().state;
  } else if (!cancels) {
    return running.error();
  } else if (const auto done = on.engine.cancel(id); !done) {
    return done.error();
  }
  return fmt::format(R"({{"campaign":"{}","state":"{}"}})", id, to_string(state));
}

Result<void> answer_campaign(const ControlRequest& request, std::string_view id,
                             std::string_view verb, const ControlSeams& on) {
  const bool is_report = verb == "report";
  if (!is_report && verb != "pause" && verb != "cancel") return refuse(on, 404, "no such path");
  if (request.method != (is_report ? "GET" : "POST")) {
    return refuse(on, 405, is_report ? "a report is asked for with GET" : "steering needs POST");
  }
  if (is_report) {
    const auto report = on.engine.report(id);
    return report ? on.send(http_answer(200, to_json(*report))) : refuse(on, report.error());
  }
  if (request.content_type != "application/json") {
    return refuse(on, 415, "the body must be application/json");
  }
  if (!is_empty_object(request.body)) return refuse(on, 400, "the body must be an empty object");
  const auto done = steer(id, verb, on);
  return done ? on.send(http_answer(200, *done)) : refuse(on, done.error());
}

// --- the store ---

// Collects frames and sends them in chunks.
class FrameSender {
 public:
  explicit FrameSender(const ControlSeams& on) : on_(on) {}

  Result<void> put(std::uint64_t number, std::string_view bytes) {
    if (!begun_) {
      if (auto sent = on_.send(http_stream_head()); !sent) return sent;
      begun_ = true;
    }
    append_frame(frames_, number, bytes);
    return frames_.size() < kChunkBytes ? Result<void>{} : flush();
  }
  // `outcome`: of reading what was put.
  Result<void> finish(const Result<void>& outcome) {
    if (!begun_ && !outcome) return refuse(on_, outcome.error());
    if (!begun_) {
      if (auto sent = on_.send(http_stream_head()); !sent) return sent;
    }
    append_last_frame(frames_, outcome);
    if (auto sent = flush(); !sent) return sent;
    return on_.send(kHttpStreamTail);
  }

 private:
  Result<void> flush() {
    std::string chunk = http_chunk_head(frames_.size());
    chunk.append(frames_).append(kHttpChunkTail);
    frames_.clear();
    return on_.send(chunk);
  }

  const ControlSeams& on_;
  std::string frames_;
  bool begun_ = false;
};

// The number in NAME=NUMBER, which is all of the query.
std::optional<std::int64_t> number_in(std::string_view query, std::string_view name) {
  std::int64_t number = 0;
  if (!query.starts_with(name) || query.size() <= name.size() || query[name.size()] != '=') {
    return std::nullopt;
  }
  query.remove_prefix(name.size() + 1);
  const auto [end, failed] = std::from_chars(query.data(), query.data() + query.size(), number);
  if (failed != std::errc{} || end != query.data() + query.size()) return std::nullopt;
  return number;
}

Result<void> put_campaigns(store::Store& store, FrameSender& to) {
  const auto records = store.campaigns();
  if (!records) return records.error();
  for (const store::CampaignRecord& record : *records) {
    if (auto put = to.put(record.number, store::encode(record)); !put) return put;
  }
  return {};
}

Result<void> put_blocks(store::Store& store, std::int64_t now_ms, FrameSender& to) {
  const auto blocks = store.blocks(now_ms);
  if (!blocks) return blocks.error();
  for (const store::Block& block : *blocks) {
    const std::string_view bytes{reinterpret_cast<const char*>(&block), sizeof block};
    if (auto put = to.put(block.surface, bytes); !put) return put;
  }
  return {};
}

Result<void> answer_store(const ControlRequest& request, std::string_view part,
                          const ControlSeams& on) {
  if (request.method != "GET") return refuse(on, 405, "the store is asked for with GET");
  store::Store& store = EngineStore::of(on.engine);
  const auto from = number_in(request.query, "from");
  const auto now_ms = number_in(request.query, "now_ms");
  FrameSender to{on};
  if (part == "meta") return to.finish(to.put(0, store::encode(store.meta())));
  if (part == "campaigns") return to.finish(put_campaigns(store, to));
  if (part == "blocks" && now_ms) return to.finish(put_blocks(store, *now_ms, to));
  if (part == "groups" && from) {
    // The store names what went wrong; a visit that fails is not its damage.
    Result<void> put;
    const auto replayed =
        store.replay(static_cast<base::Day>(std::clamp<std::int64_t>(*from, INT32_MIN, INT32_MAX)),
                     [&](std::uint64_t sequence, std::string_view group) {
                       return put = to.put(sequence, group);
                     });
    if (!put) return put;
    return to.finish(replayed);
  }
  return refuse(on, 404, "no such part of the store");
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

Result<void> answer(const ControlRequest& request, const ControlSeams& on) {
  constexpr std::string_view kCampaigns = "/v1/campaigns";
  constexpr std::string_view kStore = "/v1/store/";
  std::string_view path = request.path;
  if (path == kCampaigns) {
    if (request.method != "GET") return refuse(on, 405, "campaigns are asked for with GET");
    return on.send(http_answer(200, to_json(on.engine.running())));
  }
  if (path.starts_with(kStore)) return answer_store(request, path.substr(kStore.size()), on);
  if (path.starts_with(kCampaigns) && path.substr(kCampaigns.size()).starts_with('/')) {
    path.remove_prefix(kCampaigns.size() + 1);
    const std::size_t slash = path.find('/');
    if (slash != path.npos && is_id(path.substr(0, slash))) {
      return answer_campaign(request, path.substr(0, slash), path.substr(slash + 1), on);
    }
  }
  return refuse(on, 404, "no such path");
}

std::string error_json(const Error& error) {
  std::string what;
  base::append_json(what, error.what);
  return fmt::format(R"({{"error":{{"code":{},"what":{}}}}})", static_cast<int>(error.code), what);
}

std::optional<Error> read_error(std::string_view json) {
  boost::system::error_code failed;
  const auto value = boost::json::parse({json.data(), json.size()}, failed);
  if (failed) return std::nullopt;
  const auto* code = value.find_pointer("/error/code", failed);
  const auto* what = code == nullptr ? nullptr : value.find_pointer("/error/what", failed);
  if (what == nullptr || !code->is_int64() || !what->is_string()) return std::nullopt;
  const std::int64_t number = code->get_int64();
  if (number < 1 || number > static_cast<std::int64_t>(Errc::unsupported)) return std::nullopt;
  return Error{static_cast<Errc>(number), std::string{what->get_string().c_str()}};
}

}  // namespace herald::cli
