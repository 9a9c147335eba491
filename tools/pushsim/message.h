// What the accounts and the answer need to know about a message whose fields are in order.
// Views live as long as the body and its parser do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pushsim {

// A card of push type 1.
struct FormUpdate {
  std::int64_t form_id = 0;
  std::int64_t version = 0;
};

// A live view of push type 7.
struct LiveViewUpdate {
  std::int64_t activity_id = 0;
  std::int64_t operation = 0;
  std::string_view event;
  std::optional<std::int64_t> version;
};

struct Message {
  int push_type = 0;
  std::string_view category;  // empty for a badge-only message and for other push types
  std::string_view campaign;  // biTag
  bool badge_only = false;
  bool test = false;
  bool play_voice_refused = false;           // PLAY_VOICE outside push type 2: no token is accepted
  std::array<std::string_view, 2> images{};  // what has to be verified; empty: none
  std::optional<FormUpdate> form;
  std::optional<LiveViewUpdate> live_view;
};

}  // namespace pushsim
