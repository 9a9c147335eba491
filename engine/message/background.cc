#include "engine/message/background.h"

#include <fmt/format.h>

#include <array>

#include "engine/message/check.h"
#include "engine/message/extra_data.h"
#include "engine/message/json_place.h"

namespace herald::message {
namespace {

void check_proxy_data(Checker& checker, const std::string& pointer, const Json& value) {
  if (value.text == "ENABLE") return;
  checker.refuse(
      pointer, "V18",
      fmt::format("must be ENABLE, is {}; leave it out to switch it off", printable(value.text)));
}

constexpr std::array kFields{
    kExtraData,
    Field{.name = "proxyData", .type = FieldType::string, .rule = "V18", .check = check_proxy_data},
};

}  // namespace

void check_background(Checker& checker, const std::string& pointer, const Json& payload) {
  check_fields(checker, pointer, payload, kFields);
}

}  // namespace herald::message
