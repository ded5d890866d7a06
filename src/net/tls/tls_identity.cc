#include "net/tls/tls_identity.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/try.h"
#include "base/unique_fd.h"

namespace wye::net {

void SslDeleter::operator()(SSL* ssl) const { ::SSL_free(ssl); }
void SslContextDeleter::operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }

namespace {

constexpr std::size_t kMaxFileBytes = 1024 * 1024;
// What TLS 1.2 may still use; TLS 1.3 has nothing else.
const char* const kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

struct Deleter {
  void operator()(BIO* bio) const { ::BIO_free(bio); }
  void operator()(X509* certificate) const { ::X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

Error bad(const char* code, std::string message) {
  return {.kind = ErrorKind::invalid, .code = code, .message = std::move(message)};
}

// The file as it is at one moment: the bytes that are checked are those that are used.
struct File {
  std::string text;
  mode_t mode = 0;
};
Result<File> read_file(const std::string& path) {
  const auto failed = [&] { return bad("tls_file_unreadable", path + ": " + std::strerror(errno)); };
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return failed();
  File out{.text = {}, .mode = status.st_mode};
  std::array<char, 16 * 1024> piece;
  for (ssize_t got; (got = ::read(fd.get(), piece.data(), piece.size())) != 0;) {
    if (got < 0) return failed();
    out.text.append(piece.data(), static_cast<std::size_t>(got));
    if (out.text.size() > kMaxFileBytes)
      return bad("tls_file_unreadable", path + " is larger than 1 MiB: no certificate or key is");
  }
  return out;
}

Owned<BIO> bio_of(const std::string& text) {
  return Owned<BIO>(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Is called for an encrypted key only. Nobody is there to type a passphrase when a server starts.
int note_encrypted(char*, int, int, void* encrypted) {
  *static_cast<bool*>(encrypted) = true;
  return -1;
}

Result<void> use_certificates(SSL_CTX* context, const std::string& path) {
  WYE_TRY(const auto file, read_file(path));
  const auto bio = bio_of(file.text);
  const Owned<X509> own(::PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!own || ::SSL_CTX_use_certificate(context, own.get()) != 1)
    return bad("tls_certificate_invalid",
               path + " holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  for (;;) {
    Owned<X509> next(::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (::SSL_CTX_add0_chain_cert(context, next.get()) != 1) break;
    (void)next.release();
  }
  if (ERR_GET_REASON(::ERR_peek_last_error()) == PEM_R_NO_START_LINE) return {};  // the file's end
  return bad("tls_certificate_invalid", path + ": a certificate of the chain is damaged");
}

// Refuses a key that every user of the host can read, as ssh does: it is no secret, and nobody would notice
// later. Its group may read it (Debian's `ssl-cert`).
Result<void> use_key(SSL_CTX* context, const std::string& path) {
  WYE_TRY(const auto file, read_file(path));
  if ((file.mode & 0007) != 0 || (file.mode & 0020) != 0)
    return bad("tls_key_exposed", path + " can be read or written by other users; `chmod 0600 " + path +
                                      "`, and make a new key "
                                      "if others may have read it");
  bool encrypted = false;
  const auto bio = bio_of(file.text);
  const Owned<EVP_PKEY> key(::PEM_read_bio_PrivateKey(bio.get(), nullptr, &note_encrypted, &encrypted));
  if (encrypted)
    return bad("tls_key_encrypted", path +
                                        " is protected by a passphrase, which nobody types when a server "
                                        "starts; write it without: `openssl pkey -in " +
                                        path + " -out KEY`");
  if (!key)
    return bad("tls_key_invalid", path + " holds no private key in PEM (-----BEGIN PRIVATE KEY-----)");
  // Fails for a key that is not the certificate's, which was given before.
  if (::SSL_CTX_use_PrivateKey(context, key.get()) != 1 || ::SSL_CTX_check_private_key(context) != 1)
    return bad("tls_key_mismatch", path + " is not the key of the certificate");
  return {};
}

// Chooses HTTP/1.1, the only protocol here; a client that offers only others is told so by an alert.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (::SSL_select_next_proto(&chosen, out_size, kHttp11.data(), kHttp11.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string without_brackets(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

Result<TlsIdentity::Context> TlsIdentity::make_context(const TlsFiles& files) {
  ::ERR_clear_error();
  Context context(::SSL_CTX_new(::TLS_server_method()));
  if (!context || ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      ::SSL_CTX_set_cipher_list(context.get(), kCiphers12) != 1)
    return Error{
        .kind = ErrorKind::internal, .code = "internal_error", .message = "OpenSSL cannot be set up"};
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections hold no buffers; a write that waits may go on from another place in memory.
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_read_ahead(context.get(), 1);
  ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets need none
  ::SSL_CTX_set_alpn_select_cb(context.get(), &choose_protocol, nullptr);
  auto used = use_certificates(context.get(), files.certificate);
  if (used) used = use_key(context.get(), files.key);
  ::ERR_clear_error();
  if (!used) return used.error();
  return context;
}

Result<std::unique_ptr<TlsIdentity>> TlsIdentity::load(TlsFiles files) {
  std::unique_ptr<TlsIdentity> out(new TlsIdentity(std::move(files)));
  WYE_CHECK(out->reload());
  return out;
}

Result<void> TlsIdentity::reload() {
  WYE_TRY(auto context, make_context(files_));
  const std::lock_guard lock(mutex_);
  context_.swap(context);
  return {};
}

Ssl TlsIdentity::new_connection() const {
  const std::lock_guard lock(mutex_);
  return Ssl(::SSL_new(context_.get()));  // keeps its context
}

bool TlsIdentity::names(const std::string& host) const {
  const auto name = without_brackets(host);
  const std::lock_guard lock(mutex_);
  X509* const own = ::SSL_CTX_get0_certificate(context_.get());
  return ::X509_check_host(own, name.data(), name.size(), 0, nullptr) == 1 ||
         ::X509_check_ip_asc(own, name.c_str(), 0) == 1;
}

std::string TlsIdentity::valid_until() const {
  const std::lock_guard lock(mutex_);
  const Owned<BIO> bio(::BIO_new(::BIO_s_mem()));
  ::ASN1_TIME_print(bio.get(), ::X509_get0_notAfter(::SSL_CTX_get0_certificate(context_.get())));
  char* text = nullptr;
  const auto size = ::BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

bool TlsIdentity::has_expired() const {
  const std::lock_guard lock(mutex_);
  return ::X509_cmp_current_time(::X509_get0_notAfter(::SSL_CTX_get0_certificate(context_.get()))) < 0;
}

}  // namespace wye::net
