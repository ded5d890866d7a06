#include "vm/fs/watches.h"

#include <array>

#include "base/encoding.h"
#include "base/random.h"
#include "base/try.h"
#include "vm/fs/file_error.h"
#include "wire/describe_files.h"

namespace wye::vm {
namespace {

Error no_such_watch() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such watch"};
}

std::string new_id() {
  SystemRandom random;
  std::array<std::uint8_t, 12> bytes;
  random.fill(bytes);
  return "w" + hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

net::Task<Result<net::Response>> Watches::start(std::string body) {
  WYE_CO_TRY(const auto asked, wire::from_text<wire::WatchBody>(body));
  WYE_CO_TRY(auto path, VmPath::parse(asked.path));
  if (watches_.size() + starting_ >= kMaxWatches)
    co_return bad_file_request("too_many", "a browser has at most 8 watches; stop one first");
  ++starting_;
  auto watch = co_await Watch::start(io_, threads_, std::move(path), asked.recursive.value_or(false));
  --starting_;
  if (!watch) co_return watch.error();
  const auto id = new_id();
  watches_[id] = std::move(*watch);
  co_return net::json_response(201, wire::to_text(wire::WatchAnswer{.watch_id = id}));
}

net::Task<> Watches::events(net::Exchange& exchange, std::string id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) {
    auto refusal = net::error_response(no_such_watch());
    co_await exchange.respond(std::move(refusal));
    co_return;
  }
  const auto watch = found->second;
  co_await watch->follow(exchange);
}

Result<net::Response> Watches::stop(const std::string& id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return no_such_watch();
  found->second->end();
  watches_.erase(found);
  return net::Response{.status = 204, .headers = {}, .body = {}};
}

void Watches::end() {
  for (const auto& [id, watch] : watches_) watch->end();
  watches_.clear();
}

}  // namespace wye::vm
