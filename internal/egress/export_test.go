package egress

// Absolute is what DialContext asks the resolver for.
var Absolute = absolute
