// Tokens: only those signed with the secret are accepted, whatever they say; the client's unverified reading
// of the expiry agrees with the metro's.
#include <algorithm>
#include <string>

#include "base/digest.h"
#include "base/encoding.h"
#include "invariant.h"
#include "metro/token.h"
#include "routing/learn.h"

namespace wye::fuzz {
namespace {

const std::string kSecret = "a secret";

std::string signed_with(const std::string& secret, std::string_view header, std::string_view payload) {
  const auto text = base64url(header) + "." + base64url(payload);
  return text + "." + base64url(hmac_sha256(secret, text));
}

void encodings_agree(std::string_view text) {
  WYE_INVARIANT(base64url_decode(base64url(text)) == text);
  WYE_INVARIANT(base64_decode(base64(text)) == text);
  WYE_INVARIANT(percent_decode(percent_encode(text)) == text);
  if (const auto bytes = base64url_decode(text)) WYE_INVARIANT(base64url_decode(base64url(*bytes)) == *bytes);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const std::string header(input.line());
  const auto payload = input.rest();
  const metro::TokenVerifier verifier(fuzz::kSecret);

  const auto good = fuzz::signed_with(fuzz::kSecret, header, payload);
  const auto says = verifier.verify(good);
  const auto expiry = routing::jwt_expiry(good);
  if (says) {
    WYE_INVARIANT(good.size() <= metro::kMaxTokenBytes && !says->session_id.empty());
    WYE_INVARIANT(expiry == std::max<std::int64_t>(says->exp, 1));
  }
  WYE_INVARIANT(!verifier.verify(fuzz::signed_with("another", header, payload)));
  WYE_INVARIANT(!verifier.verify(good + "."));
  WYE_INVARIANT(!verifier.verify(good.substr(0, good.rfind('.') + 1)));
  // The input cannot know the secret, so no raw input is a token.
  const std::string_view raw(reinterpret_cast<const char*>(data), size);
  WYE_INVARIANT(!verifier.verify(raw));
  (void)routing::jwt_expiry(raw);
  fuzz::encodings_agree(payload);
  return 0;
}
