// The calls beside sending: to revoke a message, and to have an image checked.
#include <fmt/format.h>

#include "tools/pushsim/codes.h"
#include "tools/pushsim/field_checks.h"
#include "tools/pushsim/service.h"
#include "tools/pushsim/text.h"

namespace pushsim {

bool Service::is_revoke_path(std::string_view path) const {
  return path.starts_with("/v1/") && path.ends_with("/messages:revoke") && !options_.sink;
}

// What was asked for stays counted: a revoke changes nothing in the accounts.
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
    return coded("80300002");
  }
  hash_tokens();
  illegal_.sort_out(body_->tokens, hashes_, {});
  const std::size_t good = illegal_.good_tokens().size();
  if (good == 0) return coded("80300007", illegal_.refused_list());
  ++counters_.revoked.requests;
  counters_.revoked.tokens += good;
  if (illegal_.count() == 0) return coded("80000000");
  return coded("80100020", illegal_.partial_list());
}

bool Service::is_image_path(std::string_view path) const {
  return path.ends_with("/images:verify") && !options_.sink &&
         (path.starts_with("/v1/") || path == "/v2/" + options_.project + "/images:verify");
}

Answer Service::check_image(const RequestHead& head, std::string_view body) {
  ++counters_.image_checks;
  if (auto refusal = refuse_bearer(head, true)) return *refusal;
  const int push_type = push_type_of(head.push_type);
  if (push_type < 0 || push_type > 2) return coded("83010007");
  if (body.empty()) return coded("83010003");
  const SendBody& parts = reader_.read(body, TokenPlace::top_level);
  object root;
  if (!parts.json || parts.rest.get(root) != simdjson::SUCCESS) return coded("80100001");
  const auto url = member<std::string_view>(root, "imageUrl");
  if (!url.value.starts_with("https://")) return coded("80100003", "only https allow.");
  if (!images_.take_call(clock_.steady_us())) return coded("83010002");
  const std::int64_t expires = clock_.wall_ms() / 1000 + ImageCheck::kLifeSeconds;
  Answer answer = coded("83010000");
  answer.body.pop_back();
  answer.body +=
      fmt::format(R"(,"downloadUrl":{},"expireTime":"{}"}})",
                  json_string(images_.verified_url(url.value, push_type, expires)), expires);
  return answer;
}

}  // namespace pushsim
