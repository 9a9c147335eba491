// What push types 2, 6 and 10 hand to the app: any string (api.md 13, 14, 17).
#pragma once

#include "engine/message/check.h"

namespace herald::message {

inline constexpr Field kExtraData{
    .name = "extraData", .type = FieldType::string, .rule = "V16", .required = true, .free = true};

}  // namespace herald::message
