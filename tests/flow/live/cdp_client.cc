#include "cdp_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <stdexcept>

namespace wye::live {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace json = boost::json;
using asio::ip::tcp;

struct CdpClient::Impl {
  asio::io_context io;
  beast::websocket::stream<tcp::socket> socket{io};
  std::int64_t last_id = 0;
};

// The URL is ws://host:port/path?query.
CdpClient::CdpClient(const std::string& url) : impl_(std::make_unique<Impl>()) {
  const auto begin = url.find("://") + 3;
  const auto slash = url.find('/', begin), colon = url.find(':', begin);
  const auto host = url.substr(begin, colon - begin), port = url.substr(colon + 1, slash - colon - 1);
  tcp::resolver resolver(impl_->io);
  asio::connect(impl_->socket.next_layer(), resolver.resolve(host, port));
  impl_->socket.handshake(host + ":" + port, url.substr(slash));
}
CdpClient::~CdpClient() = default;

void CdpClient::post(std::string_view method, json::object params, const std::string& session) {
  json::object message{{"id", ++impl_->last_id}, {"method", method}, {"params", std::move(params)}};
  if (!session.empty()) message["sessionId"] = session;
  impl_->socket.write(asio::buffer(json::serialize(message)));
}

json::object CdpClient::call(std::string_view method, json::object params, const std::string& session) {
  post(method, std::move(params), session);
  for (;;) {
    beast::flat_buffer buffer;
    impl_->socket.read(buffer);
    const auto message = json::parse(beast::buffers_to_string(buffer.data())).as_object();
    const auto* id = message.if_contains("id");
    if (id == nullptr || *id != impl_->last_id) continue;
    if (const auto* error = message.if_contains("error"))
      throw std::runtime_error(std::string(method) + ": " + json::serialize(*error));
    return message.at("result").as_object();
  }
}

std::string CdpClient::target_of(std::string_view url_begin) {
  const auto targets = call("Target.getTargets").at("targetInfos").as_array();
  for (const auto& info : targets)
    if (std::string_view(info.at("url").as_string()).starts_with(url_begin))
      return std::string(info.at("targetId").as_string());
  return "";
}

std::string CdpClient::attach_to(std::string_view url_begin) {
  const auto attached =
      call("Target.attachToTarget", {{"targetId", target_of(url_begin)}, {"flatten", true}});
  return std::string(attached.at("sessionId").as_string());
}

}  // namespace wye::live
