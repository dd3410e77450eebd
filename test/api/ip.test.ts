import { describe, expect, test } from "vitest";
import { cidrProblems, ipProblems } from "../../src/api/ip.ts";

const noAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const noNetwork = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

describe("an IP address", () => {
  test.each(["10.9.8.7", "0.0.0.0", "::", "2001:db8::ffff", "fe80::1"])("%s is fine", (address) => {
    expect(ipProblems(address)).toEqual([]);
  });

  test.each([
    ["", noAddress],
    ["nope", noAddress],
    ["10.9.8", noAddress],
    ["10.9.8.256", noAddress],
    ["fe80::1%eth0", noAddress],
    ["010.9.8.7", "must not have leading 0s"],
    ["::ffff:10.9.8.7", "must not be an IPv4-mapped IPv6 address"],
    ["0:0:0:0:0:ffff:0a09:0807", "must not be an IPv4-mapped IPv6 address"],
  ])("'%s' is not: %s", (address, problem) => {
    expect(ipProblems(address)).toEqual([problem]);
  });
});

describe("a network", () => {
  test.each(["10.244.0.0/24", "10.0.0.1/32", "0.0.0.0/0", "2001:db8::/64", "::1/128"])(
    "%s is fine",
    (cidr) => {
      expect(cidrProblems(cidr)).toEqual([]);
    },
  );

  test.each([
    ["10.244.0.0", noNetwork],
    ["10.244.0.0/33", noNetwork],
    ["2001:db8::/129", noNetwork],
    ["10.244.0.0/24/8", noNetwork],
    ["x/24", noNetwork],
    ["10.244.0.0/08", "must not have leading 0s in IP or prefix length"],
    ["010.244.0.0/16", "must not have leading 0s in IP or prefix length"],
    ["::ffff:10.0.0.0/104", "must not have an IPv4-mapped IPv6 address"],
    ["10.244.0.1/24", "must not have bits set beyond the prefix length"],
    ["2001:db8::1/64", "must not have bits set beyond the prefix length"],
  ])("'%s' is not: %s", (cidr, problem) => {
    expect(cidrProblems(cidr)).toEqual([problem]);
  });
});
