// Package egress is the way out to addresses that somebody else names: webhooks, media, ACME validation. What is reached through it
// is public: no private, link-local, loopback or otherwise special address (IANA special-purpose registries, RFC 6890), whatever
// name leads there.
//
// The address is checked where the connection is made, after the name was resolved, so neither a name that changes its address
// nor a redirect gets past. Addresses of IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo) are refused with their prefixes. Proxies of
// the environment are not used.
package egress
