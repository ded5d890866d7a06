#include "metro/metro.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <thread>

#include "metro/metro_connection.h"
#include "metro/record_lookup.h"
#include "net/acceptor.h"
#include "net/socket_address.h"
#include "relay/relays.h"

namespace wye::metro {

namespace asio = boost::asio;

namespace {

std::string hex_of(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (; number > 0; number >>= 4) out.insert(out.begin(), kDigits[number & 15]);
  return out;
}

using MakeRoom = std::function<bool(const std::string& peer)>;

bool admit(const std::shared_ptr<MetroWorker>& worker, const MakeRoom& make_room, UniqueFd& fd,
           const std::string& peer) {
  net::DescriptorBudget::Place place;
  if (!worker->take_place(place) && !(make_room(peer) && worker->take_place(place))) return false;
  auto socket = net::adopt_socket(worker->io, std::move(fd));
  if (!socket.is_open()) return true;
  auto connection = std::make_shared<MetroConnection>(std::move(socket), worker, std::move(place), peer);
  auto run = [](std::shared_ptr<MetroConnection> self) -> net::Task<> { co_await self->run(); };
  asio::co_spawn(worker->io.get_executor(), run(std::move(connection)), asio::detached);
  return true;
}

// One thread of the metro: its io_context, its listening socket, its connections.
struct Lane {
  asio::io_context io{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{io.get_executor()};
  std::shared_ptr<MetroWorker> worker;
  std::unique_ptr<net::Acceptor> acceptor;
  std::thread thread;

  void on_lane(const std::function<void()>& call) {
    if (!thread.joinable()) return call();
    std::promise<void> done;
    asio::post(io, [&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }
};

}  // namespace

struct Metro::Impl {
  SessionDirectory& directory;
  const TokenVerifier& tokens;
  const Log& log;
  const Clock& clock;
  MetroOptions options;
  MetroHooks hooks;
  std::unique_ptr<RecordLookup> records;
  std::vector<std::unique_ptr<Lane>> lanes;

  // Lets other lanes make room, too: the kernel deals connections out to lanes that share the descriptors,
  // and in one lane nobody may give way.
  MakeRoom room_in(Lane& own) {
    return [this, &own](const std::string& newcomer) {
      if (own.worker->make_room(newcomer)) return true;
      for (const auto& lane : lanes)
        if (lane.get() != &own)
          asio::post(lane->io, [worker = lane->worker, newcomer] { (void)worker->make_room(newcomer); });
      return false;
    };
  }
};

Metro::Metro(SessionDirectory& directory, const TokenVerifier& tokens, const Log& log, const Clock& clock,
             MetroOptions options)
    : impl_(new Impl{directory, tokens, log, clock, std::move(options), {}, nullptr, {}}) {}

Metro::~Metro() { stop(); }

void Metro::set_hooks(MetroHooks hooks) { impl_->hooks = std::move(hooks); }

Result<std::uint16_t> Metro::start() {
  auto& impl = *impl_;
  if (!impl.hooks.is_own_credential)
    impl.hooks.is_own_credential = [&tokens = impl.tokens](const std::string& text) {
      return tokens.verify(text).has_value();
    };
  impl.records = std::make_unique<RecordLookup>(impl.directory, impl.hooks);
  const auto threads =
      impl.options.threads > 0 ? impl.options.threads : std::max(1U, std::thread::hardware_concurrency());
  auto port = impl.options.port;
  // Makes request ids tell which thread of which run gave them.
  const auto run_id = hex_of(static_cast<std::uint64_t>(impl.clock.unix_micros()));
  for (unsigned i = 0; i < threads; ++i) {
    auto listener = net::open_tcp_listener(impl.options.host, port, threads > 1);
    if (!listener) {
      stop();
      return listener.error();
    }
    port = listener->port;
    auto& lane = *impl.lanes.emplace_back(std::make_unique<Lane>());
    lane.worker =
        std::make_shared<MetroWorker>(lane.io, impl.tokens, impl.clock, impl.options, impl.directory,
                                      *impl.records, impl.log, run_id + "-" + std::to_string(i) + "-");
    lane.acceptor = std::make_unique<net::Acceptor>(
        lane.io,
        net::Acceptor::Server{
            .admit = [worker = lane.worker, room = impl.room_in(lane)](
                         UniqueFd& fd, const std::string& peer) { return admit(worker, room, fd, peer); },
            .make_room = impl.room_in(lane)},
        "X-Wye-Source: gateway\r\n");
    if (impl.options.tls != nullptr)
      lane.acceptor->use_tls(*impl.options.tls, {.descriptors = impl.options.proxy.descriptors,
                                                 .handshake_within = impl.options.head_timeout});
    if (auto listening = lane.acceptor->listen(std::move(listener->fd)); !listening) {
      stop();
      return listening.error();
    }
  }
  for (auto& lane : impl.lanes) lane->thread = std::thread([&io = lane->io] { io.run(); });
  return port;
}

void Metro::stop_accepting() {
  for (auto& lane : impl_->lanes)
    lane->on_lane([&] {
      lane->acceptor->close();
      lane->worker->stop();
    });
}

std::size_t Metro::active_requests() const {
  std::size_t active = 0;
  for (auto& lane : impl_->lanes) active += lane->worker->active.value();
  return active;
}

LegTotals Metro::totals() const {
  LegTotals out;
  for (const auto& lane : impl_->lanes) {
    out += lane->worker->counters;
    out.connections += lane->worker->open.value();
    out.refused_connections += lane->acceptor->refused().value() + lane->worker->gave_way.value();
    out.starved_accepts += lane->acceptor->starved().value();
  }
  // Those that a relay process has are connections of this metro's clients as well.
  if (const auto* relays = impl_->options.proxy.relays; relays != nullptr) {
    const auto open = relays->open();
    out.sockets += open;
    out.connections += open;
  }
  return out;
}

void Metro::stop() {
  stop_accepting();
  if (impl_->records) impl_->records->stop();  // wakes the waiting calls
  for (auto& lane : impl_->lanes) {
    lane->on_lane([&] {
      lane->worker->proxy.close();
      lane->worker->close_all();
      lane->acceptor->end_clients();
      lane->guard.reset();
    });
    if (lane->thread.joinable()) lane->thread.join();
    lane->acceptor.reset();
  }
  impl_->lanes.clear();
}

}  // namespace wye::metro
