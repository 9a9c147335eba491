// The service's business codes: their texts and the HTTP statuses that pushsim sends with them.
#pragma once

#include <string>
#include <string_view>

namespace pushsim {

// As in the service's tables; "Unknown." for a code that is not there.
std::string_view text_of(std::string_view code);

// The HTTP status that goes with a business code, unless --status-200. The service's own pages do
// not say; this is the simulator's assumption.
int status_of(std::string_view code);

std::string answer_body(std::string_view code, std::string_view text, std::string_view request_id);

}  // namespace pushsim
