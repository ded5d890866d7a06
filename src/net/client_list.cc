#include "net/client_list.h"

#include <algorithm>

namespace wye::net {

ClientList::Place ClientList::add(const std::string& address, GiveWay give_way) {
  auto& group = groups_[address];
  if (group.items.empty()) group.address = address;
  ranked_.erase(&group);
  const auto item = group.items.insert(group.items.end(), Item{&group, std::move(give_way)});
  group.since = next_++;
  ranked_.insert(&group);
  return {this, item};
}

void ClientList::remove(std::list<Item>::iterator item) {
  auto& group = *item->group;
  ranked_.erase(&group);
  group.items.erase(item);
  if (group.items.empty()) {
    groups_.erase(groups_.find(group.address));
    return;
  }
  group.since = next_++;
  ranked_.insert(&group);
}

bool ClientList::make_room(std::string_view newcomer, std::size_t share) {
  std::size_t left = kAsked;
  for (auto* const group : ranked_) {
    if (group->items.size() <= share || left == 0) return false;
    if (share > 0 && group->address == newcomer) continue;
    for (auto asked = std::min(left, group->items.size()); asked > 0; --asked, --left) {
      const auto give_way = group->items.front().give_way;  // a copy: the original goes with its place
      if (give_way()) return true;                          // and the group may be gone with it
      // The connection is at work: the next time others are asked first.
      group->items.splice(group->items.end(), group->items, group->items.begin());
    }
  }
  return false;
}

}  // namespace wye::net
