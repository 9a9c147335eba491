#include "engine/config/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace herald::config {
namespace {

constexpr std::string_view kScheme = "https://";

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name_or_ipv4(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
  });
}

bool is_ipv6(std::string_view host) {
  return host.find(':') != host.npos && std::all_of(host.begin(), host.end(), [](char c) {
           return is_alphanumeric(c) || c == ':' || c == '.' || c == '%';
         });
}

Error refuse(std::string_view why) {
  return {Errc::config, fmt::format("{}; write https://host or https://host:port", why)};
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && rest == end && port != 0;
}

}  // namespace

Result<Origin> parse_origin(std::string_view url) {
  if (!url.starts_with(kScheme)) return refuse("must start with https://");
  std::string_view authority = url.substr(kScheme.size());
  // RFC 3986, 6.2.3: an empty path and "/" are the same.
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.find_first_of("/?#@") != authority.npos) {
    return refuse("has a path, a user, a query or a fragment");
  }

  Origin origin;
  std::string_view host = authority;
  std::string_view rest;
  const bool bracketed = authority.starts_with('[');
  if (bracketed) {
    const std::size_t close = authority.find(']');
    if (close == authority.npos) return refuse("has a bracket that does not close");
    host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  } else if (const std::size_t colon = authority.find(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (bracketed ? !is_ipv6(host) : !is_name_or_ipv4(host)) return refuse("has no valid host");
  if (!rest.empty() && (rest[0] != ':' || !parse_port(rest.substr(1), origin.port))) {
    return refuse("has a port that is not 1 to 65535");
  }
  origin.host = host;
  return origin;
}

}  // namespace herald::config
