#include "engine/message/click_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/message/check.h"
#include "engine/message/json_place.h"

namespace herald::message {
namespace {

constexpr std::int64_t kOpenPage = 1;
constexpr std::int64_t kDial = 5;

constexpr std::array kFields{
    Field{.name = "actionType", .type = FieldType::integer, .rule = "V9", .required = true},
    Field{.name = "action", .type = FieldType::string, .rule = "V9"},
    Field{.name = "uri", .type = FieldType::string, .rule = "V9"},
    Field{.name = "data", .type = FieldType::object, .rule = "V9"},
};

// Whatever its variables will say; a record may leave them empty.
bool always_says_something(const Checker& checker, const Json* text) {
  return is_kind(text, Json::Kind::string) && code_points_without_variables(checker, *text) > 0;
}

bool may_say_something(const Json* text) { return !string_of(text).value_or("").empty(); }

void check_page(Checker& checker, const std::string& pointer, const Json& click_action) {
  const Json* const action = click_action.member("action");
  const Json* const uri = click_action.member("uri");
  if (!may_say_something(action) && !may_say_something(uri)) {
    checker.refuse(pointer, "V9", "actionType 1 needs an action or a uri that is not empty");
  } else if (always_says_something(checker, action) || always_says_something(checker, uri)) {
    if (action != nullptr) checker.note_free(child(pointer, "action"), *action);
    if (uri != nullptr) checker.note_free(child(pointer, "uri"), *uri);
  }
}

bool may_be_in_number(char c) { return (c >= '0' && c <= '9') || c == '-' || c == ' ' || c == '#'; }

bool is_phone_number(std::string_view text) {
  constexpr std::size_t kMax = 20;
  if (text.empty() || text.size() > kMax) return false;
  const char first = text.front();
  return (first == '+' || (first >= '0' && first <= '9')) &&
         std::all_of(text.begin() + 1, text.end(), may_be_in_number);
}

void check_dial(Checker& checker, const std::string& pointer, const Json& click_action) {
  const std::string here = child(child(pointer, "data"), "tel");
  const Json* const data = object_in(click_action, "data");
  const Json* const tel = data == nullptr ? nullptr : data->member("tel");
  if (!is_kind(tel, Json::Kind::string)) {
    checker.refuse(here, "V9", "actionType 5 needs a telephone number there, as a string");
  } else if (!checker.is_open(*tel) && !is_phone_number(tel->text)) {
    checker.refuse(here, "V9",
                   fmt::format("must have at most 20 of digits, - # and space, beginning with a "
                               "digit or +, is {}",
                               printable(tel->text)));
  }
}

}  // namespace

void check_click_action(Checker& checker, const std::string& pointer, const Json& click_action,
                        std::span<const std::int64_t> allowed) {
  check_fields(checker, pointer, click_action, kFields);
  const auto type = integer_of(click_action.member("actionType"));
  if (!type) return;
  if (std::find(allowed.begin(), allowed.end(), *type) == allowed.end()) {
    checker.refuse(child(pointer, "actionType"), "V9",
                   fmt::format("must be one of {} here, is {}",
                               fmt::join(allowed.begin(), allowed.end(), ", "), *type));
  } else if (*type == kOpenPage) {
    check_page(checker, pointer, click_action);
  } else if (*type == kDial) {
    check_dial(checker, pointer, click_action);
  }
  const Json* const data = click_action.member("data");
  if (data != nullptr && *type != kDial) checker.note_free(child(pointer, "data"), *data);
}

}  // namespace herald::message
