#include "engine/message/click_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/message/check.h"
#include "engine/message/json_place.h"

namespace herald::message {
namespace {

constexpr std::int64_t kOpenPage = 1;

constexpr std::array kFields{
    Field{.name = "actionType", .type = FieldType::integer, .rule = "V9", .required = true},
    Field{.name = "action", .type = FieldType::string, .rule = "V9"},
    Field{.name = "uri", .type = FieldType::string, .rule = "V9"},
    Field{.name = "data", .type = FieldType::object, .rule = "V9"},
};

bool says_something(const Json* text) { return !string_of(text).value_or("").empty(); }

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
  } else if (*type == kOpenPage && !says_something(click_action.member("action")) &&
             !says_something(click_action.member("uri"))) {
    checker.refuse(pointer, "V9", "actionType 1 needs an action or a uri that is not empty");
  }
}

}  // namespace herald::message
