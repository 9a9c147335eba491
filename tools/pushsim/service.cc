#include "tools/pushsim/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/pushsim/setup_error.h"
#include "tools/pushsim/text.h"

namespace pushsim {
namespace {

constexpr std::chrono::seconds kLate{3};
constexpr std::string_view kInvalidPrefix = "invalid-";

constexpr std::string_view kFormatError = "tokenFormatError";
constexpr std::string_view kNoRight = "noRight";

std::string body_of(std::string_view code, std::string_view text, std::string_view request_id) {
  std::string body = fmt::format("{{\"code\":\"{}\",\"msg\":\"", code);
  append_json_escaped(body, text);
  fmt::format_to(std::back_inserter(body), "\",\"requestId\":\"{}\"}}", request_id);
  return body;
}

// Of any version and project: the older versions' paths exist, but not for these devices.
bool is_send_path(std::string_view path) {
  return path.ends_with("/messages:send") &&
         (path.starts_with("/v1/") || path.starts_with("/v2/") || path.starts_with("/v3/"));
}

std::string_view text_of(std::string_view code) {
  static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"80000000", "Success"},
      {"80100001", "Check Parameter Error."},
      {"80100003", "Illegal payload, pushsim was told to say so."},
      {"80100004", "Illegal expire time."},
      {"80100022", "Anti-Spam: image not verify."},
      {"80200001", "Authentication Error."},
      {"80200005", "Jwt token expired."},
      {"80300002", "No permission to send message to these tmIDs."},
      {"80300008", "Push message size is too long."},
      {"80300010", "token count should within 1 and 1000."},
      {"80300029", "When send test message, the api request exceed limit."},
      {"80300030", "When send test message, token count exceed limit."},
      {"80300036", "JWT expire period over threshold."},
      {"80300037", "Disable send huawei msg because of penalty."},
      {"81000001", "Inner Error."}};
  for (const auto& [known, text] : kTexts) {
    if (known == code) return text;
  }
  return "Unknown.";
}

}  // namespace

int status_of(std::string_view code) {
  if (code == "80000000" || code == "80100000" || code == "80100020") return 200;
  if (code == "80200001" || code == "80200005" || code == "80300036") return 401;
  if (code == "81000001") return 500;
  return 400;
}

Service::Service(const Options& options, std::string_view public_key_pem, const Clock& clock)
    : options_(options),
      clock_(clock),
      verifier_(public_key_pem, options.issuer),
      plan_(options.faults, options.seed),
      rate_(options.tokens_per_second, options.rate_window),
      account_({.marketing_limit = options.marketing_limit,
                .keep_tokens = options.keep_tokens,
                .expected_devices = options.expected_devices}),
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

void Service::answer_not_delivered(const Answer& answer, bool by_fault) {
  // A fault that withholds or garbles was counted when the request was processed.
  if (!answer.counted || withholds_answer(answer.fault) || garbles_answer(answer.fault)) return;
  Pair& pair = by_fault ? counters_.unanswered : counters_.lost;
  ++pair.requests;
  pair.tokens += answer.tokens;
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
  return coded(choice.error, text_of(choice.error));
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
    return coded("80000000", "Success");
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
  if (!rate_.take(clock_.steady_us(), body_->tokens.size())) {
    ++counters_.refused;
    return plain(503);
  }
  return send(push_type, message);
}

std::optional<Answer> Service::refuse_bearer(const RequestHead& head, bool path_fits) {
  const JwtVerdict verdict = verifier_.check(head.authorization, clock_.wall_ms() / 1000);
  if (verdict == JwtVerdict::refused || !path_fits) return coded("80200001", text_of("80200001"));
  if (verdict == JwtVerdict::expired) return coded("80200005", text_of("80200005"));
  if (verdict == JwtVerdict::too_long) return coded("80300036", text_of("80300036"));
  return std::nullopt;
}

bool Service::is_revoke_path(std::string_view path) const {
  return path.starts_with("/v1/") && path.ends_with("/messages:revoke") && !options_.sink;
}

Answer Service::revoke(const RequestHead& head, std::string_view body) {
  ++counters_.revokes;
  if (auto refusal = refuse_bearer(head, true)) return *refusal;
  const int push_type = push_type_of(head.push_type);
  body_ = &reader_.read(body, TokenPlace::top_level);
  if (const auto refusal = check_revoke(push_type, *body_)) {
    return coded(refusal->code, refusal->text);
  }
  if (!options_.client_id.empty() &&
      head.path != "/v1/" + options_.client_id + "/messages:revoke") {
    return coded("80300002", text_of("80300002"));
  }
  hashes_.clear();
  for (const std::string_view token : body_->tokens) hashes_.push_back(token_hash(token));
  sort_out_illegal({});
  const std::size_t good = body_->tokens.size() - illegal_.size();
  if (good == 0) return coded("80300007", refused_list());
  ++counters_.revoked.requests;
  counters_.revoked.tokens += good;
  if (illegal_.empty()) return coded("80000000", "Success");
  return coded("80100020", partial_list(good));
}

Answer Service::send(int push_type, const Message& message) {
  hashes_.clear();
  for (const std::string_view token : body_->tokens) hashes_.push_back(token_hash(token));
  account_.note_request(message.campaign);
  account_.note_duplicates(hashes_);
  sort_out_illegal(refused_altogether(push_type, message));

  Charge charge{.day = service_day(clock_.wall_ms(), options_.utc_offset),
                .marketing = is_marketing(push_type, message),
                .test = message.test,
                .campaign = message.campaign,
                .tokens = body_->tokens,
                .hashes = hashes_};
  if (!illegal_.empty()) {
    charge.tokens = good_tokens_;
    charge.hashes = good_hashes_;
    account_.note_invalid(message.campaign, illegal_.size());
  }
  const std::size_t good = charge.tokens.size();
  if (good == 0) {
    ++counters_.refused;
    return coded("80300007", refused_list());
  }
  account_.charge(charge);
  ++(illegal_.empty() ? counters_.accepted : counters_.partial);
  Answer answer =
      illegal_.empty() ? coded("80000000", "Success") : coded("80100000", partial_list(good));
  answer.counted = true;
  answer.tokens = static_cast<std::uint32_t>(good);
  log_accepted(push_type, good, message.campaign);
  return answer;
}

std::string_view Service::refused_altogether(int push_type, const Message& message) const {
  if (message.play_voice_refused) return "notSupportPlayVoice";
  const auto& held = options_.entitlements;
  const bool im = std::find(held.begin(), held.end(), "IM") != held.end();
  // Which answer an app without the right gets is not documented.
  if (push_type == 0 && message.badge_only && !im) return "noPushTypeRight";
  return {};
}

bool Service::is_marketing(int push_type, const Message& message) const {
  if (push_type != 0 || message.badge_only || message.test) return false;
  const auto& held = options_.entitlements;
  // A category the app does not hold is not refused but demoted.
  return message.category == "MARKETING" ||
         std::find(held.begin(), held.end(), message.category) == held.end();
}

void Service::sort_out_illegal(std::string_view reason_for_all) {
  illegal_.clear();
  good_tokens_.clear();
  good_hashes_.clear();
  const auto& tokens = body_->tokens;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view reason =
        reason_for_all.empty() ? illegal_reason(tokens[i], hashes_[i]) : reason_for_all;
    if (!reason.empty()) {
      if (illegal_.empty()) {  // the first: what came before it was good
        good_tokens_.assign(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(i));
        good_hashes_.assign(hashes_.begin(), hashes_.begin() + static_cast<std::ptrdiff_t>(i));
      }
      illegal_.push_back({reason, tokens[i]});
    } else if (!illegal_.empty()) {
      good_tokens_.push_back(tokens[i]);
      good_hashes_.push_back(hashes_[i]);
    }
  }
}

std::string_view Service::illegal_reason(std::string_view token, std::uint64_t hash) const {
  if (token.empty() || token.starts_with(kInvalidPrefix)) return kFormatError;
  if (options_.illegal_rate <= 0) return {};
  std::uint64_t z = (hash ^ options_.seed * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  z ^= z >> 32;
  z *= 0x94d049bb133111eb;
  z ^= z >> 29;
  if (static_cast<double>(z >> 11) * 0x1p-53 >= options_.illegal_rate) return {};
  return (z & 1) == 0 ? kFormatError : kNoRight;
}

std::string Service::illegal_list() const {
  std::vector<std::string_view> reasons;
  for (const Illegal& illegal : illegal_) {
    if (std::find(reasons.begin(), reasons.end(), illegal.reason) == reasons.end()) {
      reasons.push_back(illegal.reason);
    }
  }
  std::string list = "{";
  for (const std::string_view reason : reasons) {
    if (list.size() > 1) list += ',';
    list += json_string(reason) + ":[";
    bool first = true;
    for (const Illegal& illegal : illegal_) {
      if (illegal.reason != reason) continue;
      if (!first) list += ',';
      first = false;
      list += json_string(illegal.token);
    }
    list += ']';
  }
  return list + '}';
}

// `msg` of the answers that name tokens is a JSON text of its own.
std::string Service::refused_list() const {
  return fmt::format("{{\"failure\":{},\"illegalTokens\":{}}}", illegal_.size(), illegal_list());
}

std::string Service::partial_list(std::size_t good) const {
  return fmt::format("{{\"illegalTokens\":{},\"success\":{},\"failure\":{}}}", illegal_list(), good,
                     illegal_.size());
}

Answer Service::coded(std::string_view code, std::string_view text) {
  ++counters_.by_code[std::string(code)];
  Answer answer;
  answer.status = options_.always_status_200 ? 200 : status_of(code);
  answer.body = body_of(code, text, next_request_id());
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

void Service::log_accepted(int push_type, std::uint64_t tokens, std::string_view campaign) {
  if (log_ == nullptr) return;
  std::string tag;
  append_json_escaped(tag, campaign);  // so that a tag with a tab or a line end stays one field
  fmt::print(log_, "{}\t{}\t{}\t{}\t{}\n", clock_.wall_ms(), last_request_id_, push_type, tokens,
             tag);
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
