#pragma once

#include <string>

#include "base/log.h"
#include "base/random.h"
#include "control/keys/api_keys.h"
#include "control/store/store.h"

namespace wye::control {

// What the first start of a server settles for later ones.

/// Returns the secret of the sessions' JWTs.
Result<std::string> token_secret(Store& store, Random& random);

/// `given` is the API key that the server was started with, "" = none. The first start makes a key, if it
/// may, and shows it; afterwards `wye keys` makes them, also when all have been revoked.
Result<void> settle_api_key(ApiKeys& keys, const std::string& given, bool may_make_one, const Log& log);

/// Returns the metro's port, which is kept so that routes that clients know survive a restart; 0 = none yet.
Result<std::uint16_t> kept_metro_port(Store& store);
Result<void> keep_metro_port(Store& store, std::uint16_t port);

}  // namespace wye::control
