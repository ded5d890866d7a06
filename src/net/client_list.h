#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace wye::net {

/// Lists connections of one kind by their clients' addresses, to choose which gives way when a server is
/// full: the oldest one of the address with the most. While there is room, addresses do not matter, since
/// many clients may share one. One io_context.
class ClientList {
 public:
  /// After how many connections that do not give way the search ends.
  static constexpr std::size_t kAsked = 64;
  /// Closes the connection and removes it from the list; false while it is at work.
  using GiveWay = std::function<bool()>;

  ClientList() = default;
  ClientList(const ClientList&) = delete;
  ClientList& operator=(const ClientList&) = delete;

 private:
  struct Item;
  struct Group;

 public:
  /// A connection's place in the list, which must outlive it.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : list_(std::exchange(other.list_, nullptr)), item_(other.item_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(list_, other.list_);
      std::swap(item_, other.item_);
      return *this;
    }
    ~Place() { drop(); }
    void drop() {
      if (list_ != nullptr) std::exchange(list_, nullptr)->remove(item_);
    }
    [[nodiscard]] explicit operator bool() const { return list_ != nullptr; }

   private:
    friend class ClientList;
    Place(ClientList* list, std::list<Item>::iterator item) : list_(list), item_(item) {}
    ClientList* list_ = nullptr;
    std::list<Item>::iterator item_;
  };

  [[nodiscard]] Place add(const std::string& address, GiveWay give_way);
  /// Returns whether a connection gave way.
  bool make_room() { return make_room({}, 0); }
  /// Does the same among addresses other than the newcomer's that have more than `share` connections here.
  bool make_room(std::string_view newcomer, std::size_t share);

 private:
  struct Item {
    Group* group;
    GiveWay give_way;
  };
  struct Group {
    std::string address;
    std::list<Item> items;    // in the order of their arrival
    std::uint64_t since = 0;  // when it reached its size: of equals, the oldest is asked first
  };
  struct LargestFirst {
    bool operator()(const Group* one, const Group* other) const {
      if (one->items.size() != other->items.size()) return one->items.size() > other->items.size();
      return one->since < other->since;
    }
  };
  void remove(std::list<Item>::iterator item);

  std::unordered_map<std::string, Group> groups_;
  std::set<Group*, LargestFirst> ranked_;  // a group leaves it while its size changes
  std::uint64_t next_ = 0;
};

}  // namespace wye::net
