#include "engine/message/text_to_speech.h"

#include <fmt/format.h>

#include <array>

#include "engine/message/check.h"
#include "engine/message/extra_data.h"
#include "engine/message/json_place.h"
#include "engine/message/notification.h"

namespace herald::message {
namespace {

// Editions before 2026 took other categories; today's pages know this one only.
void check_spoken_category(Checker& checker, const std::string& pointer, const Json* category) {
  check_category(checker, pointer, category);
  if (!is_kind(category, Json::Kind::string) || category->text == kPlayVoice) return;
  checker.refuse(
      pointer, "V16",
      fmt::format("must be {} with push type 2, is {}", kPlayVoice, printable(category->text)));
}

void check_spoken(Checker& checker, const std::string& pointer, const Json& value) {
  check_notification(checker, pointer, value);
  check_spoken_category(checker, child(pointer, "category"), value.member("category"));
  if (value.member("foregroundShow") != nullptr) {
    checker.warn(child(pointer, "foregroundShow"), "V16", "has no effect, only with push type 0");
  }
}

constexpr std::array kFields{
    Field{.name = "notification",
          .type = FieldType::object,
          .rule = "V8",
          .required = true,
          .check = check_spoken},
    kExtraData,
};

}  // namespace

void check_text_to_speech(Checker& checker, const std::string& pointer, const Json& payload) {
  check_fields(checker, pointer, payload, kFields);
}

}  // namespace herald::message
