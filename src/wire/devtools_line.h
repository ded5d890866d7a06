#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What gateway and agent tell each other of a WebSocket to DevTools that the gateway relays (vm-api §15). An
// agent that is asked for a WebSocket with the field below answers with the 101, and with it the socket that
// it has connected to DevTools (SCM_RIGHTS). From then on the connection between the two is a line: each
// message is a line of text, ended by "\n". Either side takes the line's end for the end of the other.
namespace wye::wire {

/// The request's field by which a gateway says that it relays by itself. One of a client's is dropped.
inline constexpr std::string_view kHandsOverField = "X-Wye-Hands-Over";
/// With the "\n". A longer one breaks the line.
inline constexpr std::size_t kMaxLine = 256;

/// What the gateway tells the agent.
struct LineToAgent {
  enum class What {
    ending,  ///< The client has sent a command that ends Chromium: told before Chromium gets it.
    lost,    ///< DevTools has ended the connection: for which cause?
    over,    ///< The last word: the WebSocket has ended, and why.
  };
  What what = What::over;
  bool may_move = false;      ///< Of `lost`: nothing was answered yet, so the next Chromium may answer it.
  bool at_boundary = false;   ///< Of `lost`: DevTools' last frame is complete.
  std::string reason;         ///< Of `over`: `reason` of `cdp_disconnect`.
  std::int64_t messages = 0;  ///< Of `over`: how many passed, both ways.
  std::int64_t lost = 0;      ///< Of `over`: how many of the client's were to be copied, and were not.
};
[[nodiscard]] std::string to_line(const LineToAgent& message);
/// Without the "\n"; nothing when it is none.
[[nodiscard]] std::optional<LineToAgent> parse_line_to_agent(std::string_view line);

/// What the agent tells the gateway.
struct LineToGateway {
  enum class What {
    moved,     ///< Answers `lost`: the next Chromium has granted the same; its socket comes with the line.
    cause,     ///< Answers `lost`, or ends the connection unasked.
    gone,      ///< Chromium is gone; what it has sent may still be read.
    commands,  ///< Asks for copies of the client's messages, or for no more.
  };
  What what = What::cause;
  std::uint16_t code = 0;  ///< Of `cause`: the close code for the client, 1000 to 1015.
  std::string reason;      ///< Of `cause`: of printable ASCII, at most 123 bytes; "" = the client has left.
  bool on = false;  ///< Of `commands`: the socket for the copies comes with the line (wire/copy_packet.h).
};
[[nodiscard]] std::string to_line(const LineToGateway& message);
[[nodiscard]] std::optional<LineToGateway> parse_line_to_gateway(std::string_view line);

/// Cuts the bytes of a line's other end into its messages.
class LineReader {
 public:
  /// False when a message is too long: nothing that follows can be trusted.
  [[nodiscard]] bool feed(std::string_view bytes);
  /// The next whole message, without its end; nothing when there is none.
  [[nodiscard]] std::optional<std::string> next();

 private:
  std::string text_;
};

}  // namespace wye::wire
