// The signature of receipts, against the vectors of the service's fact sheet.
#include "tools/pushsim/callback_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/pushsim/setup_error.h"

namespace pushsim {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSecret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
constexpr std::string_view kNonce = "a07bfa17-6d82-4b53-a9a2-07cfef5ceef1";

TEST(CallbackId, MatchesThePublishedVectors) {
  EXPECT_EQ(callback_id(receipt_key(kSecret, SecretForm::base64, "f"), "receiptUser", 1700000000123,
                        kNonce),
            "timestamp=1700000000123; nonce=a07bfa17-6d82-4b53-a9a2-07cfef5ceef1; "
            "value=XAOHw/b/6kdfjyh4n+GyPmFFNIhlDrq3ave3EnYOw80=");
  EXPECT_THAT(callback_id(receipt_key(kSecret, SecretForm::text, "f"), "receiptUser", 1700000000123,
                          kNonce),
              HasSubstr("value=ubj4UPjwX8o2C9fWNj0k8ruZBhFxJ+e8R6AKUs1Y53c="));
}

TEST(CallbackId, ASecretThatIsNoBase64IsTold) {
  for (const char* bad : {"", "abc", "ab c", "a!cd"}) {
    try {
      receipt_key(bad, SecretForm::base64, "secret.txt");
      ADD_FAILURE() << bad;
    } catch (const SetupError& error) {
      EXPECT_THAT(error.what(), HasSubstr("secret.txt holds no Base64"));
      EXPECT_THAT(error.what(), HasSubstr("--receipt-secret-form text"));
    }
  }
  EXPECT_EQ(receipt_key("YWI=", SecretForm::base64, "f"), "ab");
  EXPECT_EQ(receipt_key("YWJj", SecretForm::base64, "f"), "abc");
}

TEST(CallbackId, NoncesAreRandomUuids) {
  const std::string one = random_uuid();
  EXPECT_THAT(one, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                         "[0-9a-f]{12}"));
  EXPECT_NE(one, random_uuid());
}

}  // namespace
}  // namespace pushsim
