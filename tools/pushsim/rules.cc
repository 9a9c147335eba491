#include "tools/pushsim/rules.h"

#include "tools/pushsim/alert_rules.h"
#include "tools/pushsim/field_checks.h"
#include "tools/pushsim/form_rules.h"
#include "tools/pushsim/live_view_rules.h"

namespace pushsim {
namespace {

constexpr std::size_t kSizeMax = 4096;
constexpr std::size_t kTokensMax = 1000;
constexpr std::size_t kTestTokensMax = 10;
constexpr std::int64_t kTtlMax = 1296000;

// Push type 6.
Tip check_background(const object& payload) {
  if (auto tip = missing_string(payload, {"extraData"})) return tip;
  const auto proxy = member<element>(payload, "proxyData");
  if (proxy.present && member<std::string_view>(payload, "proxyData").value != "ENABLE") {
    return "proxyData should be ENABLE";
  }
  return std::nullopt;
}

// Push type 10.
Tip check_call(const object& payload) { return missing_string(payload, {"extraData"}); }

Tip check_payload(const object& payload, Message& message) {
  switch (message.push_type) {
    case 0:
      return check_alert(payload, message);
    case 1:
      return check_form(payload, message);
    case 2:
      return check_text_to_speech(payload, message);
    case 6:
      return check_background(payload);
    case 7:
      return check_live_view(payload, message);
    default:
      return check_call(payload);
  }
}

Tip check_options(const object& options, Message& message) {
  const auto tag = member<std::string_view>(options, "biTag");
  if (tag.present && !(tag.right && tag.value.size() <= 64)) return "biTag is at most 64 bytes";
  message.campaign = tag.value;
  const auto ttl = member<std::int64_t>(options, "ttl");
  if (ttl.present && (!ttl.right || ttl.value > kTtlMax)) {
    return "ttl value is at most " + std::to_string(kTtlMax);
  }
  return first({int_outside(options, "collapseKey", -1, 100),
                int_outside(options, "backgroundMode", 0, 1), no_string(options, {"receiptId"})});
}

Refusal illegal_payload(const std::string& tip) { return {"80100003", "Illegal payload, " + tip}; }

std::optional<Refusal> check_count(int push_type, std::size_t tokens, bool test) {
  const std::size_t bound = push_type == 1 ? 1 : kTokensMax;
  if (test && tokens > std::min(bound, kTestTokensMax)) {
    return Refusal{"80300030", "When send test message, token count exceed limit."};
  }
  if (tokens < 1 || tokens > bound) {
    return Refusal{"80300010", "token count should within 1 and " + std::to_string(bound) + "."};
  }
  return std::nullopt;
}

std::size_t measured(const SendBody& body, SizeRule rule, const object& payload) {
  if (rule == SizeRule::body_without_tokens) return body.size_without_tokens;
  return simdjson::minify(payload).size();
}

}  // namespace

int push_type_of(std::string_view header) {
  for (const int type : {0, 1, 2, 6, 7, 10}) {
    if (header == std::to_string(type)) return type;
  }
  return -1;
}

std::optional<Refusal> check_revoke(int push_type, const SendBody& body) {
  if (push_type != 0 && push_type != 2) {
    return illegal_payload("The header does not contain valid push-type.");
  }
  object root;
  if (!body.json || body.rest.get(root) != simdjson::SUCCESS) {
    return Refusal{"80100001", "Check Parameter Error."};
  }
  if (auto refusal = check_count(push_type, body.tokens.size(), false)) return refusal;
  if (body.size_without_tokens > kSizeMax) {
    return Refusal{"80300008", "Push message size is too long."};
  }
  if (!member<element>(root, "notifyId").present) {
    return Refusal{"80300032", "No permission to revoke messages."};
  }
  if (auto tip = int_outside(root, "notifyId", 0, kInt32Max)) return illegal_payload(*tip + ".");
  return std::nullopt;
}

std::optional<Refusal> check_message(int push_type, const SendBody& body, SizeRule size_rule,
                                     Message& message) {
  message = {};
  message.push_type = push_type;
  if (push_type < 0) {
    return illegal_payload("The header does not contain valid push-type.");
  }
  if (!body.json) return Refusal{"80100001", "Check Parameter Error."};
  object root;
  if (body.rest.get(root) != simdjson::SUCCESS)
    return Refusal{"80100001", "Check Parameter Error."};
  const auto payload = member<object>(root, "payload");
  if (!payload.right) return illegal_payload("payload is required and should be an object.");
  if (!member<object>(root, "target").right) {
    return illegal_payload("target is required and should be an object.");
  }
  if (!body.has_tokens) return illegal_payload("token should be an array of strings.");

  const auto options = member<object>(root, "pushOptions");
  const auto test = options.right ? member<bool>(options.value, "testMessage") : Member<bool>{};
  message.test = test.value;
  if (auto refusal = check_count(push_type, body.tokens.size(), message.test)) return refusal;
  if (measured(body, size_rule, payload.value) > kSizeMax) {
    return Refusal{"80300008", "Push message size is too long."};
  }

  if (options.present && !options.right) return illegal_payload("pushOptions should be an object.");
  if (test.present && !test.right) return illegal_payload("testMessage should be true or false.");
  Tip tip = check_payload(payload.value, message);
  if (!tip && options.right) tip = check_options(options.value, message);
  if (tip) return illegal_payload(*tip + ".");
  if (options.right) {
    const auto ttl = member<std::int64_t>(options.value, "ttl");
    if (ttl.right && ttl.value <= 0) return Refusal{"80100004", "Illegal expire time."};
  }
  return std::nullopt;
}

}  // namespace pushsim
