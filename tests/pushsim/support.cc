#include "tests/pushsim/support.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "tools/pushsim/text.h"

namespace pushsim {

SigningKey::SigningKey() : key_(EVP_RSA_gen(2048)) {}

std::string SigningKey::public_pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key_.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string SigningKey::token(std::string_view header, std::string_view claims, int salt) const {
  const std::string text = encode_base64url(header) + "." + encode_base64url(claims);
  const MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key_.get());
  EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
  EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt);
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                 reinterpret_cast<const unsigned char*>(text.data()), text.size());
  signature.resize(size);
  return text + "." + encode_base64url(signature);
}

const SigningKey& account_key() {
  static const SigningKey kKey;
  return kKey;
}

std::string claims(std::int64_t issued_at, std::int64_t lifetime, std::string_view issuer) {
  return fmt::format(
      R"({{"aud":"https://oauth-login.cloud.huawei.com/oauth2/v3/token","iss":"{}","exp":{},"iat":{}}})",
      issuer, issued_at + lifetime, issued_at);
}

std::string good_bearer(const Clock& clock) {
  return "Bearer " + account_key().token(kHeader, claims(clock.wall_ms() / 1000));
}

namespace {

std::string token_list(const std::vector<std::string>& tokens) {
  std::string list;
  for (const std::string& token : tokens) list += (list.empty() ? "" : ",") + json_string(token);
  return list;
}

}  // namespace

std::string form_body(const std::string& token, std::int64_t form_id, std::int64_t version,
                      std::string_view options) {
  return fmt::format(
      R"({{"payload":{{"formId":{},"version":{},"moduleName":"m","formName":"f","abilityName":"a","formData":{{"n":1}}}},"target":{{"token":[{}]}},"pushOptions":{}}})",
      form_id, version, json_string(token), options);
}

std::string live_view_body(const std::vector<std::string>& tokens, std::int64_t activity_id,
                           int operation, std::string_view event,
                           std::optional<std::int64_t> version, std::string_view options) {
  return fmt::format(
      R"({{"payload":{{"activityId":{},"operation":{},"event":"{}",{}{}"activityData":{{"notificationData":{{"type":4,"contentTitle":"Car {{{{status}}}}","contentText":[{{"text":"t"}}],"clickAction":{{"actionType":0}},"singleTextBlock":{{"firstLine":"a","secondLine":"b"}},"descPic":"p.png"}}}}}},"target":{{"token":[{}]}},"pushOptions":{}}})",
      activity_id, operation, event, event == "TAXI" ? R"("status":"CALLING",)" : "",
      version ? fmt::format("\"version\":{},", *version) : "", token_list(tokens), options);
}

std::string alert_body(const std::vector<std::string>& tokens, std::string_view options) {
  return fmt::format(
      R"({{"payload":{{"notification":{{"category":"MARKETING","title":"Picks","body":"New","clickAction":{{"actionType":0}}}}}},"target":{{"token":[{}]}},"pushOptions":{}}})",
      token_list(tokens), options);
}

std::string alert_body_with(std::string_view notification, std::string_view options) {
  return fmt::format(
      R"({{"payload":{{"notification":{}}},"target":{{"token":["t1"]}},"pushOptions":{}}})",
      notification, options);
}

Answer Bench::post(std::string_view body, std::string_view push_type) {
  const RequestHead head{"POST", "/v3/1234567890/messages:send", bearer, push_type};
  return service.handle(head, body, service.draw_fault());
}

std::string Bench::code_of(const Answer& answer) {
  const std::size_t at = answer.body.find("\"code\":\"");
  return at == std::string::npos ? std::to_string(answer.status) : answer.body.substr(at + 8, 8);
}

}  // namespace pushsim
