#include "tools/pushsim/form_rules.h"

namespace pushsim {
namespace {

constexpr std::string_view kForbiddenKeyPrefix = "datashareproxy://";
constexpr std::int64_t kNumberMax = (std::int64_t{1} << 53) - 1;

// Whatever type the number was read as.
bool too_large(const element& value) {
  if (value.is<std::uint64_t>() || value.is<std::int64_t>()) {
    std::int64_t number = 0;  // of an unsigned one above 2^63 there is none
    return value.get(number) != simdjson::SUCCESS || number > kNumberMax;
  }
  double number = 0;
  return value.get(number) == simdjson::SUCCESS && number > static_cast<double>(kNumberMax);
}

// The values of formData itself; what is deeper is the card's own affair.
Tip check_data(const object& data) {
  for (const auto field : data) {
    if (field.key.starts_with(kForbiddenKeyPrefix)) {
      return "a key of formData should not begin with datashareproxy://";
    }
    if (field.value.is_null()) return "formData should not have null values";
    if (field.value.is_number() && too_large(field.value)) {
      return "a number of formData is at most 2^53-1";
    }
  }
  return std::nullopt;
}

Tip check_image(const object& image, const object& data, Message& message) {
  if (auto tip = no_string(image, {"keyName"})) return tip;
  const auto key = member<std::string_view>(image, "keyName");
  if (key.present && member<element>(data, key.value).present) {
    return "keyName should not be a key of formData";
  }
  const auto url = member<std::string_view>(image, "url");
  if (url.present && !(url.right && url.value.starts_with("https://"))) {
    return "url: only https allow";
  }
  message.images[0] = url.value;
  return int_no_member_of(image, "require", {0, 1});
}

Tip check_images(const object& payload, const object& data, Message& message) {
  const auto images = member<array>(payload, "images");
  if (!images.present) return std::nullopt;
  if (!images.right || images.value.size() > 1) {
    return "images should be an array of at most one object";
  }
  for (const element image : images.value) {
    object one;
    if (image.get(one) != simdjson::SUCCESS) {
      return "images should be an array of at most one object";
    }
    if (auto tip = check_image(one, data, message)) return tip;
  }
  return std::nullopt;
}

}  // namespace

Tip check_form(const object& payload, Message& message) {
  const auto form_id = member<std::int64_t>(payload, "formId");
  if (!form_id.right) return "formId is required and should be a 64-bit integer";
  if (auto tip = missing_int(payload, "version", 0, kInt32Max)) return tip;
  if (auto tip = missing_string(payload, {"moduleName", "formName", "abilityName"})) return tip;
  const auto data = member<object>(payload, "formData");
  if (!data.right) return "formData is required and should be an object";
  if (auto tip = check_data(data.value)) return tip;
  message.form = {form_id.value, member<std::int64_t>(payload, "version").value};
  return check_images(payload, data.value, message);
}

}  // namespace pushsim
