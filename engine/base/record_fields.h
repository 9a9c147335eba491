// What a record of an audience says beyond its token: read by audience, rendered by message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace herald::base {

// Members of the payload that may differ from device to device.
enum class RecordField : std::uint8_t {
  form_id,      // push type 1
  form_data,    // push type 1
  activity_id,  // push type 7
  profile_id,   // push types 0 and 2
  version,      // push types 1 and 7
};
inline constexpr std::size_t kRecordFields = 5;

inline constexpr std::array<std::string_view, kRecordFields> kRecordFieldNames{
    "formId", "formData", "activityId", "profileId", "version"};

// A value for {{vars.name}}, unescaped.
struct Variable {
  std::string_view name;
  std::string_view value;
};

struct RecordFields {
  // Compact JSON as it goes into the payload, strings with their quotes; empty: not given.
  std::array<std::string_view, kRecordFields> json;
  std::span<const Variable> variables;

  std::string_view operator[](RecordField field) const {
    return json[static_cast<std::size_t>(field)];
  }
};

}  // namespace herald::base
