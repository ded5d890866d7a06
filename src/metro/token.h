#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wye::metro {

/// The claims of a session's JWT (vm-api §2). Times are seconds since the epoch.
struct TokenClaims {
  std::string session_id;
  std::string org_id;
  std::string project_id;
  std::string user_id;
  std::string metro;
  bool headless = false;
  bool stealth = false;
  std::int64_t timeout_seconds = 0;
  std::string created_at;
  std::int64_t lease = 0;
  std::int64_t iat = 0;
  std::int64_t exp = 0;
};

/// The claims that the metro needs of a token whose signature is right.
struct VerifiedToken {
  std::string session_id;
  std::int64_t exp = 0;
  std::int64_t lease = 0;
};

inline constexpr std::size_t kMaxTokenBytes = 4096;

/// Makes and checks HS256 tokens with one secret. Immutable, thread-safe.
class TokenVerifier {
 public:
  explicit TokenVerifier(std::string secret) : secret_(std::move(secret)) {}

  [[nodiscard]] std::string sign(const TokenClaims& claims) const;
  /// Returns nothing for a token that differs from ours in shape, `alg`, signature or claims. Does not check
  /// the time.
  [[nodiscard]] std::optional<VerifiedToken> verify(std::string_view token) const;

 private:
  std::string secret_;
};

}  // namespace wye::metro
