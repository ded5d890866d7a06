#include "control/first_start.h"

#include <charconv>
#include <cstdio>

#include "base/encoding.h"
#include "base/try.h"

namespace wye::control {

Result<std::string> token_secret(Store& store, Random& random) {
  WYE_TRY(auto kept, store.setting("token_secret"));
  if (kept) return std::move(*kept);
  std::string bytes(32, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  const auto secret = hex(bytes);
  return store.setting_once("token_secret", secret);
}

Result<void> settle_api_key(ApiKeys& keys, const std::string& given, bool may_make_one, const Log& log) {
  if (!given.empty()) {
    WYE_TRY(const bool usable, keys.admit(given, "given to wye serve"));
    if (!usable) log.warn("the API key given to wye serve is revoked or expired; it is not accepted");
    return {};
  }
  WYE_TRY(const auto some, keys.list({.active = true, .deleted = true, .limit = 1}));
  if (!some.empty()) return {};
  if (!may_make_one) {
    log.warn("there is no API key yet; `wye keys create` makes one");
    return {};
  }
  WYE_TRY(const auto made, keys.create_first("first key"));
  if (made)
    std::printf("A new API key, shown only now:\n\n  export KERNEL_API_KEY=%s\n\n", made->key.c_str());
  return {};
}

Result<std::uint16_t> kept_metro_port(Store& store) {
  std::uint16_t port = 0;
  WYE_TRY(const auto kept, store.setting("metro_port"));
  if (kept) std::from_chars(kept->data(), kept->data() + kept->size(), port);
  return port;
}

// Writes it only when it has changed: a full disk is no reason not to serve.
Result<void> keep_metro_port(Store& store, std::uint16_t port) {
  const auto text = std::to_string(port);
  WYE_TRY(auto kept, store.setting("metro_port"));
  if (!kept) {
    WYE_TRY(kept, store.setting_once("metro_port", text));
  }
  if (*kept != text) WYE_CHECK(store.set_setting("metro_port", text));
  return {};
}

}  // namespace wye::control
