#include "control/api/authentication.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/encoding.h"

namespace wye::control {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr std::size_t kThreads = 2;
constexpr std::size_t kMaxLookups = 256;  // the most that wait

// A client whose key was good a moment ago does not wait behind unknown ones: the queue is divided between
// these two.
constexpr const char* kKnown = "known";
constexpr const char* kStranger = "stranger";

Error unauthorized() {
  return {.kind = ErrorKind::unauthorized,
          .code = "unauthorized",
          .message = "the API key is missing, not known, revoked or expired"};
}

}  // namespace

/// A question to the store, shared by the requests that wait for the answer and the coroutine that asks.
struct Authentication::Lookup {
  Lookup(boost::asio::io_context& io, std::string of, std::uint64_t at)
      : hash(std::move(of)), revision(at), done(io) {}
  const std::string hash;
  const std::uint64_t revision;
  std::optional<Result<std::string>> key_id;
  net::Wakeup done;
};

Authentication::Authentication(boost::asio::io_context& io, ApiKeys& keys, const Clock& clock, const Log& log)
    : io_(io),
      keys_(keys),
      clock_(clock),
      queue_(io, {.running = kThreads, .running_per_key = kThreads, .waiting = kMaxLookups}),
      workers_(io, log, kThreads) {}

const Authentication::Trusted* Authentication::trusted(const std::string& hash) const {
  const auto known = trusted_.find(hash);
  if (known == trusted_.end()) return nullptr;
  const auto& one = known->second;
  const bool has_expired = one.expires_at != 0 && one.expires_at <= clock_.unix_micros();
  const bool is_fresh = one.revision == keys_.revision() && clock_.steady() < one.until;
  return is_fresh && !has_expired ? &one : nullptr;
}

void Authentication::trust(const std::string& hash, Trusted trusted) {
  // There are no more keys than that at a time; further entries are keys that were good once.
  if (trusted_.size() >= static_cast<std::size_t>(kMaxKeys)) trusted_.clear();
  trusted_[hash] = std::move(trusted);
}

net::Task<Result<std::string>> Authentication::key_of(std::string_view authorization) {
  if (authorization.size() <= kScheme.size() || !iequals(authorization.substr(0, kScheme.size()), kScheme))
    co_return unauthorized();
  const auto hash = ApiKeys::hash_of(authorization.substr(kScheme.size()));
  if (const auto* const known = trusted(hash)) co_return known->key_id;
  auto lookup = under_way_[hash];
  if (!lookup || lookup->revision != keys_.revision()) {
    lookup = under_way_[hash] = std::make_shared<Lookup>(io_, hash, keys_.revision());
    boost::asio::co_spawn(io_, look_up(lookup), boost::asio::detached);
  }
  while (!lookup->key_id) co_await lookup->done.wait();
  co_return *lookup->key_id;
}

net::Task<> Authentication::look_up(std::shared_ptr<Lookup> lookup) {
  // The revision from before the store is asked: a key that is revoked meanwhile is not trusted.
  Trusted found{.revision = lookup->revision, .until = clock_.steady() + kTrustedFor};
  std::string side = trusted_.contains(lookup->hash) ? kKnown : kStranger;
  auto turn = co_await queue_.enter(std::move(side));
  Result<std::optional<ApiKey>> key = std::optional<ApiKey>();
  if (turn) {
    std::function<Result<std::optional<ApiKey>>()> ask = [this, hash = lookup->hash] {
      return keys_.accept_hash(hash);
    };
    key = co_await workers_.run(std::move(ask));
  } else {
    key = turn.error();
  }
  if (!key) {
    lookup->key_id.emplace(key.error());
  } else if (!*key) {
    trusted_.erase(lookup->hash);
    lookup->key_id.emplace(unauthorized());
  } else {
    found.key_id = (*key)->id;
    found.expires_at = (*key)->expires_at;
    lookup->key_id.emplace(found.key_id);
    trust(lookup->hash, std::move(found));
  }
  const auto mine = under_way_.find(lookup->hash);
  if (mine != under_way_.end() && mine->second == lookup) under_way_.erase(mine);
  lookup->done.notify();
}

}  // namespace wye::control
