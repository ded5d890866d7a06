#include "vm/cdp/command_tap.h"

#include <sys/socket.h>

#include <array>
#include <utility>

namespace wye::vm {

namespace {

constexpr int kQueue = 200 * 1024;   // bytes; the kernel doubles it
constexpr int kMostAtTheEnd = 1024;  // packets, so that a relay that goes on cannot hold the agent

}  // namespace

CommandTap::CommandTap(boost::asio::io_context& io, CommandEvents& events, std::string connection)
    : io_(io), events_(events), connection_(std::move(connection)) {}

UniqueFd CommandTap::open() {
  was_open_ = true;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    ++counts_.lost;
    return {};
  }
  UniqueFd relay(ends[1]);
  ::setsockopt(relay.get(), SOL_SOCKET, SO_SNDBUF, &kQueue, sizeof(kQueue));
  socket_.emplace(io_.get_executor(), ends[0]);
  alive_ = std::make_shared<int>();
  has_begun_ = false;
  wait();
  return relay;
}

void CommandTap::wait() {
  socket_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
                        if (error || alive.expired()) return;
                        if (read_one() != Read::end) wait();
                      });
}

CommandTap::Read CommandTap::read_one() {
  static thread_local std::array<char, wire::kMaxCopyPacket> room;  // of all connections
  const auto got = ::recv(socket_->native_handle(), room.data(), room.size(), MSG_DONTWAIT);
  if (got > 0) {
    take_packet({room.data(), static_cast<std::size_t>(got)});
    return Read::packet;
  }
  return got < 0 && errno == EAGAIN ? Read::nothing_yet : Read::end;
}

void CommandTap::close() {
  if (!socket_) return;
  for (int read = 0; read < kMostAtTheEnd && read_one() == Read::packet; ++read) {
  }
  alive_.reset();
  socket_.reset();
  begun_ = {};
}

void CommandTap::finish(std::int64_t lost) {
  close();
  relay_lost(lost);
}

std::optional<CommandTap::Counts> CommandTap::counts() const {
  if (!was_open_) return std::nullopt;
  return Counts{counts_.lost + relay_lost_, counts_.excluded};
}

void CommandTap::relay_lost(std::int64_t lost) {
  if (lost <= relay_lost_) return;
  events_.count_lost(lost - relay_lost_);
  relay_lost_ = lost;
}

void CommandTap::take_packet(std::string_view packet) {
  wire::CopyReader reader(packet);
  relay_lost(reader.lost());
  while (const auto part = reader.next()) take_part(*part);
}

// The rest of a message whose beginning was lost is none of ours; the relay has counted it.
void CommandTap::take_part(const wire::CopyPart& part) {
  if (part.begins) {
    has_begun_ = true;
    compressed_ = part.compressed;
    begun_.clear();
  }
  // The relay copies no more of a message than that.
  if (!has_begun_ || begun_.size() + part.bytes.size() > wire::kMaxCopied) return;
  if (part.begins && part.ends) {
    take_message(part.bytes, part.cut);
  } else {
    begun_ += part.bytes;
    if (part.ends) take_message(std::exchange(begun_, {}), part.cut);
  }
  has_begun_ = !part.ends;
}

void CommandTap::take_message(std::string_view bytes, bool cut) {
  const CommandEvents::Message message{.bytes = bytes, .compressed = compressed_, .cut = cut};
  switch (events_.take(message, connection_, std::chrono::steady_clock::now())) {
    case CommandEvents::Outcome::lost:
      ++counts_.lost;
      break;
    case CommandEvents::Outcome::excluded:
      ++counts_.excluded;
      break;
    case CommandEvents::Outcome::told:
    case CommandEvents::Outcome::none:
      break;
  }
}

}  // namespace wye::vm
