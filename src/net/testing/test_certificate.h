#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

// Tests only: certificates made on the spot, valid for a day, for 127.0.0.1, ::1 and localhost.
namespace wye::net::testing {

class TestCertificate {
 public:
  explicit TestCertificate(const std::string& name, const TestCertificate* issuer = nullptr)
      : key_(::EVP_EC_gen("P-256"), &::EVP_PKEY_free), certificate_(::X509_new(), &::X509_free) {
    const auto& by = issuer != nullptr ? *issuer : *this;
    X509* const out = certificate_.get();
    ::X509_set_version(out, 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(out), issuer != nullptr ? 2 : 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(out), -3600);
    ::X509_gmtime_adj(::X509_getm_notAfter(out), 24 * 3600);
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(out), "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    ::X509_set_issuer_name(out, ::X509_get_subject_name(by.certificate_.get()));
    ::X509_set_pubkey(out, key_.get());
    if (issuer == nullptr)
      extend(NID_basic_constraints, "critical,CA:TRUE");
    else
      extend(NID_subject_alt_name, "IP:127.0.0.1,IP:::1,DNS:localhost");
    ::X509_sign(out, by.key_.get(), ::EVP_sha256());
  }
  void expire() { ::X509_gmtime_adj(::X509_getm_notAfter(certificate_.get()), -60); }

  [[nodiscard]] X509* x509() const { return certificate_.get(); }
  [[nodiscard]] std::string certificate() const {
    return pem([&](BIO* bio) { ::PEM_write_bio_X509(bio, certificate_.get()); });
  }
  /// `passphrase` "": not encrypted.
  [[nodiscard]] std::string key(const std::string& passphrase = "") const {
    return pem([&](BIO* bio) {
      ::PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), passphrase.empty() ? nullptr : ::EVP_aes_128_cbc(),
                                      passphrase.data(), static_cast<int>(passphrase.size()), nullptr,
                                      nullptr);
    });
  }

 private:
  void extend(int what, const char* value) {
    X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
    ::X509_add_ext(certificate_.get(), extension, -1);
    ::X509_EXTENSION_free(extension);
  }
  template <class Write>
  static std::string pem(Write write) {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(::BIO_new(::BIO_s_mem()), &::BIO_free);
    write(bio.get());
    char* text = nullptr;
    const auto size = ::BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

}  // namespace wye::net::testing
