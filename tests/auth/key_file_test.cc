// A key that others could read or replace is refused (I81), and so is what is no key.
#include "engine/auth/key_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/auth/test_key.h"

namespace herald::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

class KeyFile : public KeyDirectory {
 protected:
  std::string refusal(const std::filesystem::path& file) {
    const auto account = load_key_file(file);
    if (account) return "accepted";
    EXPECT_EQ(account.error().code, Errc::key_refused);
    EXPECT_THAT(account.error().what, HasSubstr(file.string()));
    EXPECT_THAT(account.error().what, Not(HasSubstr("PRIVATE")));
    return account.error().what;
  }
  std::string refusal_of(std::string_view content) { return refusal(write(content)); }
};

TEST_F(KeyFile, GivesTheAccount) {
  const ServiceAccount account = load_key_file(write(account_json(rsa_pem()))).value();
  EXPECT_EQ(account.project_id, "1234567890");
  EXPECT_EQ(account.key_id, "key-1");
  EXPECT_EQ(account.sub_account, "sub-1");
  EXPECT_NE(account.key, nullptr);
}

TEST_F(KeyFile, ModeMustKeepEverybodyElseOut) {
  for (unsigned bit = 1; bit <= 040; bit <<= 1) {
    const auto file = write(account_json(rsa_pem()), 0600 | bit);
    EXPECT_THAT(refusal(file), HasSubstr("chmod 600 " + file.string())) << bit;
  }
  const auto file = write(account_json(rsa_pem()), 0644);
  EXPECT_EQ(refusal(file),
            file.string() + ": mode 0644 lets others read it; chmod 600 " + file.string());
  EXPECT_TRUE(load_key_file(write(account_json(rsa_pem()), 0600)));
  EXPECT_TRUE(load_key_file(write(account_json(rsa_pem()), 0400)));
}

TEST_F(KeyFile, OwnerMustBeUsOrRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const auto file = write(account_json(rsa_pem()));
  ASSERT_EQ(chown(file.c_str(), 12345, 12345), 0);
  EXPECT_THAT(refusal(file), HasSubstr("belongs to user 12345"));
}

TEST_F(KeyFile, LinksAndWhatIsNoFileAreRefused) {
  const auto file = write(account_json(rsa_pem()));
  const auto link = directory_ / "link.json";
  std::filesystem::create_symlink(file, link);
  EXPECT_THAT(refusal(link), HasSubstr("is a symbolic link"));
  EXPECT_THAT(refusal(directory_), HasSubstr("is no regular file"));
  const auto fifo = directory_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(refusal(fifo), HasSubstr("is no regular file"));
}

TEST_F(KeyFile, MissingFileIsRefused) {
  const auto file = directory_ / "none.json";
  EXPECT_EQ(refusal(file), "cannot read " + file.string() + " (No such file or directory)");
}

TEST_F(KeyFile, ContentMustBeAWholeServiceAccount) {
  EXPECT_THAT(refusal_of(""), HasSubstr("is no JSON object"));
  EXPECT_THAT(refusal_of("[]"), HasSubstr("is no JSON object"));
  EXPECT_THAT(refusal_of("{}"), HasSubstr("project_id is missing"));
  EXPECT_THAT(refusal_of(R"({"project_id":1234567890})"), HasSubstr("project_id is missing"));
  EXPECT_THAT(refusal_of(R"({"project_id":"1","key_id":"k\"","sub_account":"s"})"),
              HasSubstr("key_id is missing, or no plain string"));
  EXPECT_THAT(refusal_of(R"({"project_id":"1","key_id":"k"})"), HasSubstr("sub_account"));
  EXPECT_THAT(refusal_of(R"({"project_id":"1","key_id":"k","sub_account":"s"})"),
              HasSubstr("private_key is missing"));
  EXPECT_THAT(refusal_of(std::string(65537, ' ')), HasSubstr("is too long"));
}

TEST_F(KeyFile, KeyMustBeAnRsaKeyThatIsLongEnough) {
  EXPECT_THAT(refusal_of(account_json("nonsense")), HasSubstr("no unencrypted PEM key"));
  EXPECT_THAT(refusal_of(account_json(rsa_pem().substr(0, 600))),
              HasSubstr("no unencrypted PEM key"));
  EXPECT_THAT(refusal_of(account_json(elliptic_pem())), HasSubstr("no RSA key"));
  EXPECT_THAT(refusal_of(account_json(make_pem(1024))), HasSubstr("has 1024 bits"));
}

TEST_F(KeyFile, ErrorsOfAnAppSayWhereItIsConfigured) {
  AppConfig app;
  app.name = "demo";
  app.project_id = "1234567890";
  app.key_file = directory_ / "demo.json";
  app.key_file_at = "conf/x.toml:12";
  EXPECT_EQ(load_key(app).error().what, "conf/x.toml:12: app \"demo\": key_file: cannot read " +
                                            app.key_file.string() + " (No such file or directory)");
  write(account_json(rsa_pem()));
  EXPECT_TRUE(load_key(app));
}

TEST_F(KeyFile, ProjectMustBeTheConfiguredOne) {
  AppConfig app;
  app.name = "demo";
  app.project_id = "555";
  app.key_file = write(account_json(rsa_pem()));
  const auto account = load_key(app);
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, Errc::config);
  EXPECT_THAT(account.error().what, HasSubstr("of project 1234567890, but project_id is 555"));
}

}  // namespace
}  // namespace herald::auth
