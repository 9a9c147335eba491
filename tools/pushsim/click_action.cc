#include "tools/pushsim/click_action.h"

#include <algorithm>

namespace pushsim {
namespace {

constexpr std::int64_t kOpenPage = 1;
constexpr std::int64_t kOpenDialler = 5;
constexpr std::size_t kTelMax = 20;

// "+" in the first place only; digits, blanks, "-" and "#".
bool is_tel(std::string_view tel) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (tel.empty() || tel.size() > kTelMax || (tel.front() != '+' && !digit(tel.front()))) {
    return false;
  }
  return std::all_of(tel.begin() + 1, tel.end(),
                     [&](char c) { return digit(c) || c == '-' || c == ' ' || c == '#'; });
}

}  // namespace

Tip check_click_action(const object& parent, std::initializer_list<std::int64_t> types) {
  const auto action = member<object>(parent, "clickAction");
  if (!action.right) return "clickAction is required and should be an object";
  const auto type = member<std::int64_t>(action.value, "actionType");
  if (!type.present) return "actionType is required";
  if (auto tip = int_no_member_of(action.value, "actionType", types)) return tip;
  if (auto tip = no_string(action.value, {"action", "uri"})) return tip;
  if (auto tip = wrong_type<object>(action.value, {"data"}, "an object")) return tip;
  const auto given = [&](std::string_view name) {
    return !member<std::string_view>(action.value, name).value.empty();
  };
  if (type.value == kOpenPage && !given("action") && !given("uri")) {
    return "actionType 1 needs action or uri";
  }
  if (type.value == kOpenDialler) {
    const auto data = member<object>(action.value, "data");
    if (!data.right || !is_tel(member<std::string_view>(data.value, "tel").value)) {
      return "actionType 5 needs data.tel of at most 20 characters: digits, -, #, blanks, + in "
             "front";
    }
  }
  return std::nullopt;
}

}  // namespace pushsim
