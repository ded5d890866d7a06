#include "net/tls/tls_identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "net/testing/raw_connection.h"
#include "net/testing/test_certificate.h"

namespace wye::net {
namespace {

using testing::TestCertificate;

class Identity : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
  }
  std::string code() const {
    const auto loaded = TlsIdentity::load(files_);
    return loaded ? "usable" : loaded.error().code;
  }
  std::string message() const {
    const auto loaded = TlsIdentity::load(files_);
    return loaded ? "" : loaded.error().message;
  }

  testing::TempDir directory_;
  const TlsFiles files_{directory_.file("cert.pem"), directory_.file("key.pem")};
  const TestCertificate authority_{"authority"}, server_{"server", &authority_}, other_{"other", &authority_};
};

TEST_F(Identity, is_read_from_a_chain_and_its_key) {
  write(files_.certificate, server_.certificate() + authority_.certificate());
  write(files_.key, server_.key(), 0640);
  const auto loaded = TlsIdentity::load(files_);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE((*loaded)->names("127.0.0.1"));
  EXPECT_TRUE((*loaded)->names("localhost"));
  EXPECT_FALSE((*loaded)->names("10.0.0.1"));
  EXPECT_FALSE((*loaded)->names("[::2]"));
  EXPECT_FALSE((*loaded)->names("wye.example"));
  EXPECT_FALSE((*loaded)->has_expired());
  EXPECT_NE((*loaded)->valid_until().find("GMT"), std::string::npos);
}

TEST_F(Identity, files_that_are_not_there_are_named) {
  EXPECT_EQ(code(), "tls_file_unreadable");
  EXPECT_NE(message().find(files_.certificate), std::string::npos);
  write(files_.certificate, server_.certificate());
  EXPECT_EQ(code(), "tls_file_unreadable");
  EXPECT_NE(message().find(files_.key), std::string::npos);
}

TEST_F(Identity, a_key_that_others_can_read_or_write_is_refused_with_the_next_step) {
  write(files_.certificate, server_.certificate());
  for (const mode_t mode : {0644, 0604, 0660, 0602, 0601}) {
    write(files_.key, server_.key(), mode);
    EXPECT_EQ(code(), "tls_key_exposed") << std::oct << mode;
  }
  EXPECT_NE(message().find("chmod 0600 " + files_.key), std::string::npos);
}

TEST_F(Identity, what_cannot_be_used_has_a_code_of_its_own) {
  const auto whole = server_.certificate();
  const struct {
    const char* code;
    std::string certificate, key;
  } cases[] = {
      {"tls_certificate_invalid", "", server_.key()},
      {"tls_certificate_invalid", "no PEM at all", server_.key()},
      {"tls_certificate_invalid", server_.key(), server_.key()},
      {"tls_certificate_invalid", whole.substr(0, whole.size() / 2), server_.key()},
      {"tls_certificate_invalid", whole + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
       server_.key()},
      {"tls_file_unreadable", std::string(2 << 20, 'x'), server_.key()},
      {"tls_key_invalid", whole, ""},
      {"tls_key_invalid", whole, whole},
      {"tls_key_encrypted", whole, server_.key("correct horse")},
      {"tls_key_mismatch", whole, other_.key()},
      {"usable", whole, server_.key()},
  };
  for (const auto& one : cases) {
    write(files_.certificate, one.certificate);
    write(files_.key, one.key);
    EXPECT_EQ(code(), one.code) << message();
    EXPECT_EQ(message().find("PRIVATE KEY-----\n"), std::string::npos) << "no secret in a message";
  }
}

TEST_F(Identity, a_reload_takes_both_files_or_changes_nothing) {
  write(files_.certificate, server_.certificate());
  write(files_.key, server_.key());
  const auto loaded = TlsIdentity::load(files_);
  ASSERT_TRUE(loaded);
  write(files_.certificate, other_.certificate());
  const auto half = (*loaded)->reload();
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().code, "tls_key_mismatch");
  EXPECT_TRUE((*loaded)->new_connection());
  write(files_.key, other_.key());
  EXPECT_TRUE((*loaded)->reload());
}

TEST_F(Identity, knows_when_its_certificate_has_expired) {
  TestCertificate old("old", &authority_);
  old.expire();
  write(files_.certificate, old.certificate());
  write(files_.key, old.key());
  const auto loaded = TlsIdentity::load(files_);
  ASSERT_TRUE(loaded) << "an operator is warned, clients decide";
  EXPECT_TRUE((*loaded)->has_expired());
}

}  // namespace
}  // namespace wye::net
