#include "tools/pushsim/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/pushsim/codes.h"
#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr std::chrono::seconds kLate{3};

// Of any version and project: the older versions' paths exist, but not for these devices.
bool is_send_path(std::string_view path) {
  return path.ends_with("/messages:send") &&
         (path.starts_with("/v1/") || path.starts_with("/v2/") || path.starts_with("/v3/"));
}

template <typename List, typename Value>
bool has(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Service::Service(const Options& options, std::string_view public_key_pem, const Clock& clock)
    : options_(options),
      clock_(clock),
      verifier_(public_key_pem, options.issuer),
      plan_(options.faults, options.seed),
      rate_(options.tokens_per_second, options.rate_window),
      accounts_(options),
      illegal_(options.illegal_rate, options.seed),
      images_(options.seed),
      send_path_("/v3/" + options.project + "/messages:send") {
  if (options.log_file.empty()) return;
  log_ = std::fopen(options.log_file.c_str(), "ae");
  if (log_ == nullptr) {
    throw SetupError(
        fmt::format("--log: cannot append to {} ({})", options.log_file, std::strerror(errno)));
  }
}

Service::~Service() {
  if (log_ != nullptr) std::fclose(log_);
}

void Service::request_began() {
  ++counters_.in_flight;
  counters_.in_flight_max = std::max(counters_.in_flight_max, counters_.in_flight);
}

void Service::request_ended(const Answer& answer) {
  --counters_.in_flight;
  accounts_.answered(answer.ticket);
}

void Service::send_receipts_to(ReceiptSink* sink) {
  receipts_ = sink;
  if (sink != nullptr) accounts_.want_verdicts();
}

void Service::answer_not_delivered(const Answer& answer, bool by_fault) {
  // A fault that withholds or garbles was counted when the request was processed.
  if (!answer.counted || withholds_answer(answer.fault) || garbles_answer(answer.fault)) return;
  Pair& pair = by_fault ? counters_.unanswered : counters_.lost;
  ++pair.requests;
  pair.tokens += answer.tokens;
}

// What the service has at its root is not documented. Whatever it is, it has a Date.
Answer Service::answer_probe() {
  ++counters_.probes;
  Answer answer = plain(404);
  answer.delay = options_.latency;
  return answer;
}

Answer Service::handle(const RequestHead& head, std::string_view body, const FaultChoice& choice) {
  ++counters_.received;
  ++counters_.faults[static_cast<std::size_t>(choice.fault)];
  Answer answer = counts_first(choice.fault) ? process(head, body) : not_processed(choice);
  answer.delay += options_.latency;
  if (choice.fault != Fault::none) disturb(answer, choice.fault);
  if (reaches_client(choice.fault)) ++counters_.by_status[answer.status];
  return answer;
}

Answer Service::not_processed(const FaultChoice& choice) {
  if (choice.fault != Fault::error) {
    ++counters_.not_processed;
    Answer answer = plain(302);
    answer.location = "https://redirected.invalid/";
    return answer;
  }
  ++counters_.errors;
  if (choice.error.size() == 3) {
    return plain(static_cast<int>(parse_integer(choice.error).value_or(500)));
  }
  return coded(choice.error);
}

void Service::disturb(Answer& answer, Fault fault) {
  answer.fault = fault;
  if (fault == Fault::late) answer.delay += kLate;
  if (!garbles_answer(fault) && !withholds_answer(fault)) return;
  if (answer.counted) {
    Pair& pair = withholds_answer(fault) ? counters_.unanswered : counters_.garbled;
    ++pair.requests;
    pair.tokens += answer.tokens;
  }
  if (withholds_answer(fault)) return;
  answer.status = 200;
  if (fault == Fault::badjson) {
    answer.body = R"({"code":"80000000","msg":"Succ)";
  } else if (fault == Fault::dupkeys) {
    answer.body =
        fmt::format(R"({{"code":"80300002","code":"80000000","msg":"Success","requestId":"{}"}})",
                    next_request_id());
  } else {
    answer.body = "<html><body><h1>It works</h1></body></html>\n";
    answer.content_type = "text/html";
  }
}

// The order of the checks is the simulator's assumption: path, bearer token, push type, body.
Answer Service::process(const RequestHead& head, std::string_view body) {
  if (head.method == "POST" && is_revoke_path(head.path)) return revoke(head, body);
  if (head.method == "POST" && is_image_path(head.path)) return check_image(head, body);
  if (head.method != "POST" || !is_send_path(head.path)) {
    ++counters_.refused;
    return plain(404);
  }
  // A project that is not the key's, and the URLs of older systems, show as a failed
  // authentication.
  if (auto refusal = refuse_bearer(head, head.path == send_path_)) {
    ++counters_.refused;
    return *refusal;
  }
  if (options_.sink) {
    ++counters_.accepted;
    return coded("80000000");
  }
  const int push_type = push_type_of(head.push_type);
  Message message;
  static const SendBody kNoBody;
  body_ = push_type < 0 ? &kNoBody : &reader_.read(body);
  counters_.tokens_received += body_->tokens.size();
  if (const auto refusal = check_message(push_type, *body_, options_.size_rule, message)) {
    ++counters_.refused;
    return coded(refusal->code, refusal->text);
  }
  if (verdict_on_images(message) == ImageVerdict::unverified) {
    ++counters_.refused;
    return coded("80100022");
  }
  if (!rate_.take(clock_.steady_us(), body_->tokens.size())) {
    ++counters_.refused;
    return plain(503);
  }
  return send(message);
}

std::optional<Answer> Service::refuse_bearer(const RequestHead& head, bool path_fits) {
  const JwtVerdict verdict = verifier_.check(head.authorization, clock_.wall_ms() / 1000);
  if (verdict == JwtVerdict::refused || !path_fits) return coded("80200001");
  if (verdict == JwtVerdict::expired) return coded("80200005");
  if (verdict == JwtVerdict::too_long) return coded("80300036");
  return std::nullopt;
}

void Service::hash_tokens() {
  hashes_.clear();
  for (const std::string_view token : body_->tokens) hashes_.push_back(token_hash(token));
}

Answer Service::send(const Message& message) {
  hash_tokens();
  Account& account = accounts_.devices();
  account.note_request(message.campaign);
  account.note_duplicates(hashes_);
  illegal_.sort_out(body_->tokens, hashes_, refused_altogether(message));
  const bool some_illegal = illegal_.count() != 0;
  if (some_illegal) account.note_invalid(message.campaign, illegal_.count());
  const std::size_t good = illegal_.good_tokens().size();
  if (good == 0) {
    ++counters_.refused;
    return coded("80300007", illegal_.refused_list());
  }
  const std::int64_t now = clock_.wall_ms();
  const std::uint64_t ticket = accounts_.charge({.message = message,
                                                 .marketing = is_marketing(message),
                                                 .day = service_day(now, options_.utc_offset),
                                                 .wall_ms = now,
                                                 .tokens = illegal_.good_tokens(),
                                                 .hashes = illegal_.good_hashes()});
  ++(some_illegal ? counters_.partial : counters_.accepted);
  Pair& of_type = counters_.by_push_type[message.push_type];
  ++of_type.requests;
  of_type.tokens += good;
  Answer answer = some_illegal ? coded("80100000", illegal_.partial_list()) : coded("80000000");
  answer.counted = true;
  answer.tokens = static_cast<std::uint32_t>(good);
  answer.ticket = ticket;
  log_accepted(message, illegal_.good_tokens());
  if (receipts_ != nullptr) make_receipts(message);
  return answer;
}

void Service::make_receipts(const Message& message) {
  const ReceiptHead head{message, options_.receipts.package, last_request_id_, clock_.wall_ms()};
  const auto tokens = illegal_.good_tokens();
  const auto hashes = illegal_.good_hashes();
  const auto verdicts = accounts_.verdicts();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const int result =
        receipt_result(verdicts[i], options_.receipts.rules, hashes[i], options_.seed);
    receipts_->add(result, receipt_status(head, tokens[i], result));
  }
}

ImageVerdict Service::verdict_on_images(const Message& message) const {
  auto verdict = ImageVerdict::good;
  if (!options_.verify_images) return verdict;
  for (const std::string_view url : message.images) {
    if (url.empty() || verdict == ImageVerdict::unverified) continue;
    const auto of_url = images_.check(url, message.push_type, clock_.wall_ms() / 1000);
    if (of_url != ImageVerdict::good) verdict = of_url;
  }
  return verdict;
}

std::string_view Service::refused_altogether(const Message& message) const {
  if (message.play_voice_refused) return "notSupportPlayVoice";
  // Which answer an app without the right to badges gets is not documented.
  if (message.badge_only && !has(options_.entitlements, "IM")) return "noPushTypeRight";
  if (has(options_.push_types_without_right, message.push_type)) return "noPushTypeRight";
  if (message.live_view && has(options_.events_without_right, message.live_view->event)) {
    return "noRightToSendThisLiveNotificationEvent";
  }
  if (verdict_on_images(message) == ImageVerdict::other_type) return "differentImgVerifyPolicy";
  return {};
}

bool Service::is_marketing(const Message& message) const {
  if (message.push_type != 0 || message.badge_only || message.test) return false;
  // A category the app does not hold is not refused but demoted.
  return message.category == "MARKETING" || !has(options_.entitlements, message.category);
}

Answer Service::coded(std::string_view code) { return coded(code, text_of(code)); }

Answer Service::coded(std::string_view code, std::string_view text) {
  ++counters_.by_code[std::string(code)];
  Answer answer;
  answer.status = options_.always_status_200 ? 200 : status_of(code);
  answer.body = answer_body(code, text, next_request_id());
  return answer;
}

Answer Service::plain(int status) {
  Answer answer;
  answer.status = status;
  answer.content_type = {};
  return answer;
}

// Decimal, 24 digits, the time in front as in the service's own: unique within a run by its
// counter, and between runs by the time.
std::string Service::next_request_id() {
  last_request_id_ = fmt::format("{:013}{:011}", clock_.wall_ms() % 10'000'000'000'000,
                                 ++requests_numbered_ % 100'000'000'000);
  return last_request_id_;
}

void Service::log_accepted(const Message& message, std::span<const std::string_view> tokens) {
  if (log_ == nullptr) return;
  // Escaped, so that a text with a tab or a line end stays one field.
  log_fields_.clear();
  append_json_escaped(log_fields_, message.campaign);
  if (options_.log_tokens) {
    for (const std::string_view token : tokens) {
      log_fields_ += '\t';
      append_json_escaped(log_fields_, token);
    }
  }
  fmt::print(log_, "{}\t{}\t{}\t{}\t{}\n", clock_.wall_ms(), last_request_id_, message.push_type,
             tokens.size(), log_fields_);
  log_dirty_ = true;
}

void Service::flush_log() {
  if (log_dirty_) std::fflush(log_);
  log_dirty_ = false;
}

std::string_view Service::date_header() {
  const std::int64_t second = clock_.wall_ms() / 1000;
  if (second != date_second_) {
    date_ = http_date(clock_.wall_ms());
    date_second_ = second;
  }
  return date_;
}

}  // namespace pushsim
