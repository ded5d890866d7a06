#pragma once

#include <memory>
#include <string>

#include "vm/cdp/cdp_port.h"
#include "vm/telemetry/collector/event_sink.h"

namespace wye::vm {

/// The category `network`. Requests are identified by DevTools' id alone, whichever session reports them:
/// requests of a frame in another process or of a worker begin in their page's session and end in their own.
class NetworkEvents {
 public:
  static constexpr std::size_t kMaxRequests = 8192;        ///< Under way at once.
  static constexpr std::size_t kMaxHeldBytes = 32u << 20;  ///< The text kept for all of them.
  static constexpr auto kIdleAfter = std::chrono::milliseconds(500);

  explicit NetworkEvents(EventSink& sink) : sink_(sink) {}

  [[nodiscard]] static std::string_view enable_params();

  void on_request(Target& target, const boost::json::object& params);
  void on_response(const boost::json::object& params);
  void on_finished(Target& target, const boost::json::object& params, CdpPort& port);
  void on_failed(Target& target, const boost::json::object& params);
  void on_idle(Target& root);
  /// Tells that a frame shows a new document. Requests of the old one may end unreported when its process
  /// went away: they no longer keep the page busy, and are forgotten at the next document.
  void on_document(Target& target, std::string_view frame_id, std::string_view loader_id);

  void forget(Target& target);
  void clear();
  [[nodiscard]] std::size_t under_way() const { return requests_.size(); }

 private:
  struct Request {
    Target* owner = nullptr;
    std::string frame_id, loader_id;
    std::string context;  ///< `ctx` at the time when the request left.
    std::string method, resource_type, mime_type;
    std::string response;  ///< Members of `data`, once the head is known.
    bool ended = false;    ///< Only its body is still missing.
    bool stale = false;    ///< Its document is gone.
    [[nodiscard]] std::size_t bytes() const { return sizeof *this + context.size() + response.size(); }
  };
  using Requests = ByText<Request>;

  void tell_request(const Target& target, const std::string& context, const boost::json::object& params);
  void tell_response(const std::string& id, const Request& request, std::string_view body);
  void tell_failed(const Target& target, const std::string& context, const boost::json::object& params);
  void read_body(Target& target, const std::string& id, std::size_t limit, CdpPort& port);
  void end(Request& request);
  void not_under_way(Request& request);
  void drop(Requests::iterator request);

  EventSink& sink_;
  Requests requests_;
  std::size_t held_ = 0;
  std::shared_ptr<int> generation_ =
      std::make_shared<int>();  ///< Expires in `clear()`, so that late answers are dropped.
};

}  // namespace wye::vm
