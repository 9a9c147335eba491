#include "engine/message/form.h"

#include <fmt/format.h>

#include <array>

#include "engine/message/check.h"
#include "engine/message/json_place.h"

namespace herald::message {
namespace {

constexpr std::array<std::int64_t, 2> kRequire{0, 1};

constexpr std::array kImageFields{
    Field{.name = "keyName", .type = FieldType::string, .rule = "V17"},
    Field{.name = "url", .type = FieldType::string, .rule = "V15", .prefix = "https://"},
    Field{.name = "require", .type = FieldType::integer, .rule = "V17", .values = kRequire},
};

// Documented for the values of formData itself; what is nested in them is accepted.
void check_datum(Checker& checker, const std::string& pointer, const Json& datum) {
  constexpr std::string_view kReserved = "datashareproxy://";
  constexpr double kNumberMax = 9007199254740991;  // 2^53 - 1
  if (datum.key.starts_with(kReserved)) {
    checker.refuse(pointer, "V17", fmt::format("its key may not start with {}", kReserved));
  }
  if (datum.kind == Json::Kind::null) checker.refuse(pointer, "V17", "may not be null");
  const auto number = number_of(&datum);
  if (number && *number > kNumberMax) {
    checker.refuse(pointer, "V17",
                   fmt::format("must be at most 2^53 - 1, is {}", printable(datum.text)));
  }
}

void check_data(Checker& checker, const std::string& pointer, const Json& data) {
  for (const Json& datum : data.items) check_datum(checker, child(pointer, datum.key), datum);
  checker.note_free(pointer, data);
}

void check_images(Checker& checker, const std::string& pointer, const Json& images) {
  if (images.items.size() > 1) {
    checker.refuse(pointer, "V17",
                   fmt::format("must hold at most one image, holds {}", images.items.size()));
  }
  for (std::size_t i = 0; i < images.items.size(); ++i) {
    const Json& image = images.items[i];
    if (image.kind == Json::Kind::object) {
      check_fields(checker, child(pointer, i), image, kImageFields);
    } else {
      checker.refuse(child(pointer, i), kTypesRule,
                     fmt::format("must be an object, is {}", to_string(image.kind)));
    }
  }
}

// A key of two values would leave open which of them the card shows.
void check_image_keys(Checker& checker, const std::string& pointer, const Json& payload) {
  const Json* const images = array_in(payload, "images");
  const Json* const data = object_in(payload, "formData");
  if (images == nullptr || data == nullptr) return;
  for (std::size_t i = 0; i < images->items.size(); ++i) {
    const auto key = string_of(images->items[i].member("keyName"));
    if (!key || data->member(*key) == nullptr) continue;
    checker.refuse(child(child(child(pointer, "images"), i), "keyName"), "V17",
                   fmt::format("{} is a key of formData too; rename one", printable(*key)));
  }
}

constexpr std::array kFields{
    // Any 64-bit number: the pages give no lower bound, and a sample has 0.
    Field{.name = "formId",
          .type = FieldType::integer,
          .rule = "V17",
          .required = true,
          .firm = true,
          .by_record = true},
    Field{.name = "version",
          .type = FieldType::integer,
          .rule = "V17",
          .required = true,
          .least = 0,
          .most = 2147483647,
          .firm = true,
          .by_record = true},
    Field{.name = "moduleName",
          .type = FieldType::string,
          .rule = "V17",
          .required = true,
          .free = true},
    Field{.name = "formName",
          .type = FieldType::string,
          .rule = "V17",
          .required = true,
          .free = true},
    Field{.name = "abilityName",
          .type = FieldType::string,
          .rule = "V17",
          .required = true,
          .free = true},
    Field{.name = "formData",
          .type = FieldType::object,
          .rule = "V17",
          .required = true,
          .by_record = true,
          .check = check_data},
    Field{.name = "images", .type = FieldType::array, .rule = "V17", .check = check_images},
};

}  // namespace

void check_form(Checker& checker, const std::string& pointer, const Json& payload) {
  check_fields(checker, pointer, payload, kFields);
  check_image_keys(checker, pointer, payload);
}

}  // namespace herald::message
