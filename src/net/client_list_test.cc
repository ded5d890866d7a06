#include "net/client_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace wye::net {
namespace {

class Clients : public ::testing::Test {
 protected:
  struct Client {
    std::string name;
    bool at_work = false, gone = false;
    ClientList::Place place;
  };
  Client& come(const std::string& address, const std::string& name) {
    auto& client = *clients_.emplace_back(std::make_unique<Client>());
    client.name = name;
    client.place = list_.add(address, [&client] {
      if (client.at_work) return false;
      client.place.drop();
      return client.gone = true;
    });
    return client;
  }
  std::string gone() const {
    std::string out;
    for (const auto& client : clients_)
      if (client->gone) out += client->name;
    return out;
  }

  ClientList list_;
  std::vector<std::unique_ptr<Client>> clients_;
};

TEST_F(Clients, nobody_gives_way_where_there_is_nobody) { EXPECT_FALSE(list_.make_room()); }

TEST_F(Clients, the_oldest_of_the_address_with_the_most_goes_first) {
  come("10.0.0.1", "a");
  come("10.0.0.2", "b");
  come("10.0.0.2", "c");
  EXPECT_TRUE(list_.make_room());
  EXPECT_EQ(gone(), "b");
}

TEST_F(Clients, of_addresses_with_as_many_the_oldest_goes_first) {
  come("10.0.0.3", "a");
  come("10.0.0.1", "b");
  come("10.0.0.2", "c");
  EXPECT_TRUE(list_.make_room());
  EXPECT_EQ(gone(), "a");
  EXPECT_TRUE(list_.make_room());
  EXPECT_EQ(gone(), "ab");
}

TEST_F(Clients, who_is_at_work_stays) {
  come("10.0.0.1", "a").at_work = true;
  come("10.0.0.1", "b");
  come("10.0.0.2", "c");
  EXPECT_TRUE(list_.make_room());
  EXPECT_EQ(gone(), "b");
  EXPECT_TRUE(list_.make_room());
  EXPECT_EQ(gone(), "bc");
  EXPECT_FALSE(list_.make_room());
}

TEST_F(Clients, who_has_left_is_not_asked) {
  come("10.0.0.1", "a").place.drop();
  EXPECT_FALSE(list_.make_room());
}

TEST_F(Clients, a_share_counts_for_other_addresses_only) {
  for (const char* name : {"a", "b", "c"}) come("10.0.0.1", name);
  come("10.0.0.2", "d");
  EXPECT_FALSE(list_.make_room("10.0.0.9", 3)) << "nobody has more than that";
  EXPECT_FALSE(list_.make_room("10.0.0.1", 2)) << "no address takes places from itself";
  EXPECT_TRUE(list_.make_room("10.0.0.9", 2));
  EXPECT_EQ(gone(), "a");
}

TEST_F(Clients, a_bounded_number_of_them_is_asked) {
  for (std::size_t i = 0; i < ClientList::kAsked; ++i) come("10.0.0.1", "x").at_work = true;
  come("10.0.0.1", "y");
  EXPECT_FALSE(list_.make_room());
  EXPECT_TRUE(list_.make_room()) << "who was found at work is asked last the next time";
  EXPECT_EQ(gone(), "y");
}

}  // namespace
}  // namespace wye::net
