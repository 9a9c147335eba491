// Who the peer must be before it gets one byte (I50), against a real server on loopback.
#include "engine/transport/tls_stream.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "engine/transport/io_loop.h"
#include "tests/transport/tls_server.h"

namespace herald::transport {
namespace {

class Tls : public testing::Test, public ByteStream::Handler {
 protected:
  // Connects and runs until the stream opened and echoed, or was closed.
  void connect(const TlsServer& server, const std::string& host, bool with_ca = true) {
    EndpointConfig config;
    config.host = host;
    config.port = server.port();
    if (with_ca) config.ca_file = server.ca_file();
    auto factory = make_tls_factory(loop_, config);
    ASSERT_TRUE(factory.has_value()) << factory.error().what;
    stream_ = (*factory)->connect(*this);
    loop_.run_at(clock_.boot() + std::chrono::seconds{20}, [this] {
      ADD_FAILURE() << "neither opened nor closed";
      loop_.stop();
    });
    loop_.run();
    stream_.reset();
    loop_.post([this] { loop_.stop(); });
  }
  void expect_refused(TlsServer& server, const std::string& why) {
    server.finish();
    ASSERT_TRUE(closed_.has_value());
    EXPECT_FALSE(opened_);
    EXPECT_EQ(closed_->code, Errc::tls);
    EXPECT_NE(closed_->what.find(why), std::string::npos) << closed_->what;
    EXPECT_EQ(server.plain_bytes(), 0u) << "not one request byte";
  }

  void on_open() override {
    opened_ = true;
    EXPECT_FALSE(stream_->may_have_left(1));
    stream_->write(std::span{reinterpret_cast<const std::uint8_t*>(sent_.data()), sent_.size()});
    EXPECT_EQ(stream_->written(), sent_.size());
    EXPECT_FALSE(stream_->may_have_left(sent_.size())) << "gathered, not given to send()";
    stream_->flush();
    EXPECT_TRUE(stream_->may_have_left(sent_.size()));
    EXPECT_FALSE(stream_->may_have_left(sent_.size() + 1));
  }
  void on_data(std::span<const std::uint8_t> bytes) override {
    received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (received_.size() < sent_.size()) return;
    stream_->close();
    loop_.stop();
  }
  void on_drained() override {}
  void on_closed(const Error& error) override {
    closed_ = error;
    loop_.stop();
  }

  const std::string sent_ = "not yet HTTP/2";
  base::SystemClock clock_;
  IoLoop loop_{clock_};
  std::unique_ptr<ByteStream> stream_;
  bool opened_ = false;
  std::string received_;
  std::optional<Error> closed_;
};

TEST_F(Tls, PeerThatIsWhoItMustBeOpensAndHearsUs) {
  TlsServer server{{}};
  connect(server, "127.0.0.1");
  EXPECT_TRUE(opened_);
  EXPECT_FALSE(closed_) << closed_->what;
  EXPECT_EQ(received_, sent_);
  server.finish();
  EXPECT_EQ(server.plain_bytes(), sent_.size());
}

TEST_F(Tls, AnotherHostNameIsRefused) {
  TlsServer server{{.name = "push.example"}};
  connect(server, "127.0.0.1");
  expect_refused(server, "does not verify");
}

TEST_F(Tls, NameIsNoAddress) {
  TlsServer server{{.name = "localhost"}};
  connect(server, "127.0.0.1");
  expect_refused(server, "does not verify");
}

TEST_F(Tls, NameIsResolvedAndVerified) {
  std::ifstream hosts{"/etc/hosts"};
  const std::string known{std::istreambuf_iterator<char>{hosts}, {}};
  if (known.find("localhost") == std::string::npos) {
    GTEST_SKIP() << "/etc/hosts knows no localhost, and a test asks no name server";
  }
  TlsServer server{{.name = "localhost"}};
  connect(server, "localhost");
  EXPECT_TRUE(opened_);
  server.finish();
}

TEST_F(Tls, SelfSignedIsRefusedWithoutItsCaFile) {
  TlsServer server{{}};
  connect(server, "127.0.0.1", false);
  expect_refused(server, "ca_file");
}

TEST_F(Tls, PeerWithoutH2IsRefused) {
  TlsServer server{{.offers_h2 = false}};
  connect(server, "127.0.0.1");
  expect_refused(server, "ALPN h2");
}

TEST_F(Tls, VersionBeforeTls12IsRefused) {
  TlsServer server{{.version_max = TLS1_1_VERSION}};
  connect(server, "127.0.0.1");
  expect_refused(server, "TLS failed");
}

TEST_F(Tls, NobodyListeningIsUnreachable) {
  std::optional<TlsServer> server{TlsServerOptions{}};
  EndpointConfig config;
  config.host = "127.0.0.1";
  config.port = server->port();
  server.reset();
  auto factory = make_tls_factory(loop_, config);
  ASSERT_TRUE(factory.has_value());
  stream_ = (*factory)->connect(*this);
  loop_.run();
  ASSERT_TRUE(closed_);
  EXPECT_EQ(closed_->code, Errc::unreachable);
  stream_.reset();
}

TEST_F(Tls, CaFileThatIsNoneIsAConfigurationError) {
  EndpointConfig config;
  config.ca_file = "/nonexistent/ca.pem";
  const auto factory = make_tls_factory(loop_, config);
  ASSERT_FALSE(factory.has_value());
  EXPECT_EQ(factory.error().code, Errc::config);
}

}  // namespace
}  // namespace herald::transport
