#include "tools/read/users.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

TEST(Users, NamesFromTheTree) {
  FakeRoot fake;
  fake.Write("etc/passwd",
             "root:x:0:0:root:/root:/bin/sh\nredis:x:107:1::/:\ntoor:x:0:0::/"
             ":\nbroken\n:x:5:\nx:y:-1:\n");
  Users users(fake.root());
  EXPECT_EQ(users.Name(0), "root") << "the first of a uid";
  EXPECT_EQ(users.Name(107), "redis");
  EXPECT_EQ(users.Name(5), "5");
  EXPECT_EQ(users.Find("redis"), 107u);
  EXPECT_EQ(users.Find("31"), 31u);
  EXPECT_EQ(users.Find("nobody"), std::nullopt) << "a captured tree is not asked about this machine's users";
}

TEST(Users, NumbersWhereThereIsNoPasswd) {
  FakeRoot fake;
  Users users(fake.root());
  EXPECT_EQ(users.Name(0), "0");
}

TEST(Users, TheMachinesOwn) {
  const Root root;
  Users users(root);
  EXPECT_EQ(users.Name(0), "root");
  EXPECT_EQ(users.Find("root"), 0u);
}

}  // namespace
}  // namespace glassheap::tools
