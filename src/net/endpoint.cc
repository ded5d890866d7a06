#include "net/endpoint.h"

#include "net/socket_address.h"

namespace wye::net {

Result<UniqueFd> connect(const Endpoint& to) { return connect_unix(to.text()); }

}  // namespace wye::net
