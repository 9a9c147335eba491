// The bearer token as others see it: OpenSSL's own program checks the signature, curl sends with
// it.
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using testing::HasSubstr;

// A shell command's status and output.
std::pair<int, std::string> shell(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string output;
  char piece[4096];
  for (std::size_t size = 0; (size = std::fread(piece, 1, sizeof piece, pipe)) > 0;) {
    output.append(piece, size);
  }
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

std::string from_base64url(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    EXPECT_NE(value, kAlphabet.npos) << "no base64url: " << c;
    held = held << 6 | static_cast<std::uint32_t>(value & 63);
    bits += 6;
    if (bits >= 8) bytes.push_back(static_cast<char>(held >> (bits -= 8) & 0xff));
  }
  return bytes;
}

class Jwt : public EndToEnd {
 protected:
  std::string token() {
    const Ended ended = herald({"jwt", "demo"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 1);
    return ended.out.substr(0, ended.out.find('\n'));
  }
};

TEST_F(Jwt, OpensslVerifiesTheSignature) {
  if (shell("openssl version").first != 0) GTEST_SKIP() << "skipped: there is no openssl";
  const auto service = pushsim();
  const std::string jwt = token();
  ASSERT_EQ(std::count(jwt.begin(), jwt.end(), '.'), 2) << jwt;
  const std::size_t dot = jwt.find('.');
  const std::size_t last = jwt.rfind('.');
  write_file(dir_ / "signed", jwt.substr(0, last));
  write_file(dir_ / "signature", from_base64url(jwt.substr(last + 1)));
  const std::string verify = fmt::format(
      "openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 "
      "-verify {0}/keys/service-account.pub.pem -signature {0}/signature {0}/",
      dir_.string());
  const auto good = shell(verify + "signed");
  EXPECT_EQ(good.first, 0) << good.second;
  write_file(dir_ / "other", jwt.substr(0, last - 1) + "x");
  EXPECT_NE(shell(verify + "other").first, 0);

  const Json account = parse_json(content(dir_ / "keys/service-account.json"));
  const Json header = parse_json(from_base64url(std::string_view(jwt).substr(0, dot)));
  const Json claims =
      parse_json(from_base64url(std::string_view(jwt).substr(dot + 1, last - dot - 1)));
  EXPECT_EQ(header.at("alg"), "PS256");
  EXPECT_EQ(header.at("kid"), account.at("key_id"));
  EXPECT_EQ(claims.at("iss"), account.at("sub_account"));
  EXPECT_EQ(claims.at("aud"), account.at("token_uri"));
  EXPECT_LE(number(claims, "/exp") - number(claims, "/iat"), 3600u);
}

TEST_F(Jwt, CurlSendsWithIt) {
  if (shell("curl --version").second.find("HTTP2") == std::string::npos) {
    GTEST_SKIP() << "skipped: there is no curl with HTTP/2";
  }
  const auto service = pushsim();
  // In a file, so that it is in no argument list.
  write_file(dir_ / "headers", fmt::format("authorization: Bearer {}\npush-type: 0\n", token()));
  write_file(
      dir_ / "body",
      R"({"payload":{"notification":{"category":"MARKETING","title":"t","body":"b",)"
      R"("clickAction":{"actionType":0}}},"target":{"token":["one-token","another-token"]}})");
  const auto answer = shell(
      fmt::format("curl -sS -i --http2 --max-time 20 --cacert {0}/keys/tls.crt -H @{0}/headers "
                  "-H 'content-type: application/json' --data-binary @{0}/body "
                  "https://127.0.0.1:{1}/v3/1234567890/messages:send",
                  dir_.string(), service->port()));
  EXPECT_EQ(answer.first, 0) << answer.second;
  EXPECT_THAT(answer.second, HasSubstr("HTTP/2 200"));
  EXPECT_THAT(answer.second, HasSubstr("\"80000000\""));
  EXPECT_EQ(number(service->stop(), "/tokens/accepted"), 2u);
}

TEST_F(Jwt, OfAnAppThatIsNotThereIsRefused) {
  const auto service = pushsim();
  expect_one_line(herald({"jwt", "shop"}), 2, {"shop", "herald.toml"});
}

}  // namespace
}  // namespace herald::e2e
