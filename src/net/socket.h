#pragma once

#include <sys/uio.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/wait_traits.hpp>
#include <chrono>
#include <string_view>

#include "base/unique_fd.h"
#include "net/exchange.h"

// What the coroutine files of this folder and of the metro share. Only they include this.
namespace wye::net {

/// TCP or unix: one type, so that every algorithm is compiled once.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                boost::asio::io_context::executor_type>;
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::deferred);

[[nodiscard]] Socket adopt_socket(boost::asio::io_context& io, UniqueFd fd);

/// Sends as much of `parts` as the kernel takes now, and advances it; an error other than EAGAIN is `false`.
[[nodiscard]] bool send_now(int fd, std::span<iovec>& parts);
/// Sends what the kernel takes now; true when that is all of it.
[[nodiscard]] bool send_now(int fd, std::string_view bytes);
/// Sends everything, and waits only when the peer does not read.
Task<Result<void>> send_all(Socket& socket, std::span<iovec> parts);
Task<Result<void>> send_all(Socket& socket, std::string_view bytes);

inline iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

[[nodiscard]] Error connection_error(const boost::system::error_code& error);

}  // namespace wye::net
