#include "tools/pushsim/rules.h"

#include <algorithm>
#include <array>

namespace pushsim {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kSizeMax = 4096;
constexpr std::size_t kTokensMax = 1000;
constexpr std::size_t kTestTokensMax = 10;
constexpr std::int64_t kTtlMax = 1296000;
constexpr std::int64_t kInt32Max = 2147483647;
constexpr std::array<std::string_view, 14> kCategories = {
    "IM",      "VOIP",    "MISS_CALL", "SUBSCRIPTION",    "TRAVEL", "HEALTH",     "WORK",
    "ACCOUNT", "EXPRESS", "FINANCE",   "DEVICE_REMINDER", "MAIL",   "PLAY_VOICE", "MARKETING"};

// An error tip, or nothing.
using Tip = std::optional<std::string>;

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// A member of an object with the type it must have; absent is told apart from wrong.
template <typename T>
struct Member {
  bool present = false;
  bool right = false;
  T value{};
};

template <typename T>
Member<T> member(const object& parent, std::string_view name) {
  Member<T> result;
  element value;
  if (parent[name].get(value) != simdjson::SUCCESS) return result;
  result.present = true;
  result.right = value.get(result.value) == simdjson::SUCCESS;
  return result;
}

// Optional members: absent, or of the type.
template <typename T>
Tip wrong_type(const object& parent, std::initializer_list<std::string_view> names,
               std::string_view type) {
  for (const std::string_view name : names) {
    const auto found = member<T>(parent, name);
    if (found.present && !found.right) return std::string(name) + " should be " + std::string(type);
  }
  return std::nullopt;
}

Tip int_outside(const object& parent, std::string_view name, std::int64_t low, std::int64_t high) {
  const auto found = member<std::int64_t>(parent, name);
  if (!found.present) return std::nullopt;
  if (found.right && found.value >= low && found.value <= high) return std::nullopt;
  return std::string(name) + " value ranges from " + std::to_string(low) + " to " +
         std::to_string(high);
}

Tip missing_string(const object& parent, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!member<std::string_view>(parent, name).right) {
      return std::string(name) + " is required and should be a string";
    }
  }
  return std::nullopt;
}

Tip first(std::initializer_list<Tip> tips) {
  for (const Tip& tip : tips) {
    if (tip) return tip;
  }
  return std::nullopt;
}

Tip check_click_action(const object& notification) {
  const auto action = member<object>(notification, "clickAction");
  if (!action.right) return "clickAction is required and should be an object";
  const auto type = member<std::int64_t>(action.value, "actionType");
  if (!type.right || (type.value != 0 && type.value != 1)) return "actionType should be 0 or 1";
  if (auto tip = wrong_type<std::string_view>(action.value, {"action", "uri"}, "a string")) {
    return tip;
  }
  if (auto tip = wrong_type<object>(action.value, {"data"}, "an object")) return tip;
  const auto given = [&](std::string_view name) {
    return !member<std::string_view>(action.value, name).value.empty();
  };
  if (type.value == 1 && !given("action") && !given("uri")) {
    return "actionType 1 needs action or uri";
  }
  return std::nullopt;
}

Tip check_badge(const object& notification) {
  const auto badge = member<object>(notification, "badge");
  if (!badge.present) return std::nullopt;
  if (!badge.right) return "badge should be an object";
  // The first text is on record from the service.
  if (int_outside(badge.value, "addNum", 1, 99)) return "badge addNum value ranges from 1 to 99";
  if (int_outside(badge.value, "setNum", 0, 99)) return "badge setNum value ranges from 0 to 99";
  return std::nullopt;
}

Tip check_style(const object& notification) {
  const auto style = member<std::int64_t>(notification, "style");
  if (style.present &&
      (!style.right || (style.value != 0 && style.value != 1 && style.value != 3))) {
    return "style should be 0, 1 or 3";
  }
  if (style.value == 1) {
    if (auto tip = missing_string(notification, {"bigTitle", "bigBody"})) return tip;
  }
  const auto lines = member<array>(notification, "inboxContent");
  if (lines.present && !lines.right) return "inboxContent should be an array of strings";
  if (style.value == 3 && !lines.present) return "style 3 needs inboxContent";
  if (!lines.present) return std::nullopt;
  std::size_t count = 0;
  for (const element line : lines.value) {
    std::string_view text;
    if (line.get(text) != simdjson::SUCCESS) return "inboxContent should be an array of strings";
    if (code_points(text) > 1024) return "a line of inboxContent is at most 1024 long";
    ++count;
  }
  if (style.value == 3 && (count < 1 || count > 3)) return "inboxContent has 1 to 3 lines";
  return std::nullopt;
}

Tip check_app_message_id(const object& notification) {
  const auto id = member<std::string_view>(notification, "appMessageId");
  if (!id.present) return std::nullopt;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+/=-_ \t\r\n\v\f").find(c) != std::string_view::npos;
  };
  if (!id.right || id.value.empty() || id.value.size() > 64 ||
      !std::all_of(id.value.begin(), id.value.end(), allowed)) {
    return "appMessageId has 1 to 64 characters of letters, digits, + / = - _ and white space";
  }
  return std::nullopt;
}

Tip check_images(const object& notification) {
  for (const std::string_view name : {"image", "overlayIcon"}) {
    const auto url = member<std::string_view>(notification, name);
    if (url.present && !(url.right && url.value.starts_with("https://"))) {
      return std::string(name) + ": only https allow";
    }
  }
  return std::nullopt;
}

Tip check_optional_members(const object& notification) {
  const auto profile = member<std::string_view>(notification, "profileId");
  if (profile.present && !(profile.right && code_points(profile.value) <= 64)) {
    return "profileId is a string of at most 64 characters";
  }
  return first({check_badge(notification), check_style(notification), check_images(notification),
                int_outside(notification, "notifyId", -1, kInt32Max),
                int_outside(notification, "soundDuration", 1, 60),
                check_app_message_id(notification),
                wrong_type<std::string_view>(
                    notification, {"sound", "bigTitle", "bigBody", "priorityScene"}, "a string"),
                wrong_type<bool>(notification, {"foregroundShow"}, "true or false")});
}

// Neither title nor body, and a badge: the form that changes only the number on the icon.
bool looks_badge_only(const object& notification) {
  return !member<element>(notification, "title").present &&
         !member<element>(notification, "body").present &&
         !member<element>(notification, "clickAction").present &&
         member<object>(notification, "badge").right;
}

Tip check_badge_only(const object& notification) {
  const auto badge = member<object>(notification, "badge");
  if (!member<std::int64_t>(badge.value, "setNum").right)
    return "a badge-only message needs setNum";
  return check_badge(notification);
}

Tip check_alert(const object& payload, Message& message) {
  const auto notification = member<object>(payload, "notification");
  if (!notification.right) return "notification is required and should be an object";
  if (looks_badge_only(notification.value)) {
    message.badge_only = true;
    return check_badge_only(notification.value);
  }
  if (auto tip = missing_string(notification.value, {"category", "title", "body"})) return tip;
  message.category = member<std::string_view>(notification.value, "category").value;
  if (std::find(kCategories.begin(), kCategories.end(), message.category) == kCategories.end()) {
    return "category is none of the service's";
  }
  message.play_voice_refused = message.category == "PLAY_VOICE";
  if (auto tip = check_click_action(notification.value)) return tip;
  return check_optional_members(notification.value);
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
                int_outside(options, "backgroundMode", 0, 1),
                wrong_type<std::string_view>(options, {"receiptId"}, "a string")});
}

Refusal illegal_payload(const std::string& tip) { return {"80100003", "Illegal payload, " + tip}; }

std::optional<Refusal> check_count(int push_type, std::size_t tokens, bool test) {
  const std::size_t most = push_type == 1 ? 1 : kTokensMax;
  if (tokens < 1 || tokens > most) {
    return Refusal{"80300010", "token count should within 1 and " + std::to_string(most) + "."};
  }
  if (test && tokens > kTestTokensMax) {
    return Refusal{"80300030", "When send test message, token count exceed limit."};
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
  // Other push types are taken with any object: their rules are the engine's and the service's.
  Tip tip = push_type == 0 ? check_alert(payload.value, message) : std::nullopt;
  if (!tip && options.right) tip = check_options(options.value, message);
  if (tip) return illegal_payload(*tip + ".");
  if (options.right) {
    const auto ttl = member<std::int64_t>(options.value, "ttl");
    if (ttl.right && ttl.value <= 0) return Refusal{"80100004", "Illegal expire time."};
  }
  return std::nullopt;
}

}  // namespace pushsim
