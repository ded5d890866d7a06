#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wye::vm {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class T>
using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// A document's place in a target.
struct Frame {
  std::string url, loader_id;
  std::int64_t world = 0;  ///< The execution context of our isolated world; 0 = none.
};

/// What is switched on in a target's session.
struct Enabled {
  bool page = false, network = false, runtime = false, quiet_console = false, timeline = false,
       interaction = false;
  bool operator==(const Enabled&) const = default;
};

/// Something in Chromium with a DevTools session of ours: a page, a frame in another process, a worker.
struct Target {
  std::string id, session, kind;  ///< `kind` is DevTools' word: page, iframe, worker, service_worker, …
  std::string url, title, opener;
  /// The page that it is part of; itself when it is part of none.
  Target* root = nullptr;
  Target* parent = nullptr;  ///< In whose session it was attached; its end is told there, or is the parent's.
  bool is_new = false;       ///< Seen from its beginning; what is replayed of older ones is not news.
  Enabled enabled;
  int unanswered = 0;            ///< Commands of ours.
  bool held = false;             ///< Its clients wait until all commands are answered.
  bool documents_asked = false;  ///< Not known yet: whether a document existed before we listened.
  bool began_unheard = false;    ///< It did, though the target is new; it is asked for its state.

  ByText<Frame> frames;  ///< Its own documents; the root one has the target's id.
  std::unordered_map<std::int64_t, std::string> contexts;  ///< From a main world's context to its frame.
  std::unordered_map<std::int64_t, std::string>
      worlds;                              ///< From a context of our isolated world to its frame.
  std::string input_script, error_script;  ///< DevTools' ids of the scripts for new documents.
  /// Until the domain has answered, its events may be a replay: only events that are younger than the command
  /// are news (ms since 1970, as DevTools dates them).
  bool console_is_live = false, timeline_is_live = false;
  double console_since_ms = 0, timeline_since_ms = 0;

  // The root's values are those of everything that belongs to it.
  std::int64_t nav_seq = 0;
  int requests_under_way = 0;
  bool dom_content_loaded = false, loaded = false, layout_settled = false;
  std::uint64_t last_active = 0;  ///< Higher = opened, navigated or used later.

  [[nodiscard]] bool has_documents() const {
    return kind == "page" || kind == "iframe" || kind == "background_page";
  }
  [[nodiscard]] bool is_page() const { return kind == "page"; }
};

/// The contract's word for a target's kind (wire-api §3).
[[nodiscard]] std::string_view target_type(std::string_view kind);

/// The fields of `ctx` as a JSON object's text.
[[nodiscard]] std::string context_text(const Target& target, std::string_view frame_id,
                                       std::string_view loader_id, std::string_view url);
/// The same for one of its frames, as far as it is known; "" = the root frame.
[[nodiscard]] std::string context_of_frame(const Target& target, std::string_view frame_id);

/// All attached targets. Bounded: those beyond the bound are refused.
class Targets {
 public:
  static constexpr std::size_t kMaxTargets = 1024;
  static constexpr std::size_t kMaxFrames = 16 * 1024;    ///< Of all targets together.
  static constexpr std::size_t kMaxContexts = 32 * 1024;  ///< Of all targets together.
  static constexpr std::size_t kMaxFrameUrl = 2048;       ///< Kept of a document's URL.

  /// Null when the id exists already, or there is no room.
  Target* add(Target target, Target* parent);
  [[nodiscard]] Target* of_session(std::string_view session);
  [[nodiscard]] Target* of_id(std::string_view id);
  /// Removes the target and everything that is part of it; calls for each before it is destroyed.
  void remove(Target& target, const std::function<void(Target&)>& before);
  void clear();
  void for_each(const std::function<void(Target&)>& call);
  [[nodiscard]] std::size_t size() const { return by_session_.size(); }
  [[nodiscard]] std::size_t frames() const { return frames_; }

  /// Returns the frame, makes it if there is room; null otherwise.
  Frame* frame(Target& target, std::string_view id);
  void drop_frame(Target& target, std::string_view id);
  void drop_frames(Target& target);
  void add_context(Target& target, std::int64_t context, std::string_view frame);
  void drop_context(Target& target, std::int64_t context);
  void clear_contexts(Target& target);

 private:
  ByText<std::unique_ptr<Target>> by_session_;
  ByText<Target*> by_id_;
  std::size_t frames_ = 0, contexts_ = 0;
};

}  // namespace wye::vm
