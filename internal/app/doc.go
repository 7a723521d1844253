// Package app wires the modules into one server: configuration, store, keys, services, listeners. With cmd it is the only place that
// knows more than one module; what a module needs from another it gets here, as the small interface that it declares itself.
//
//   - config.go   the configuration file
//   - app.go      the server as a value: New, Run, Close
//   - store.go    opening and migrating the database
//   - modules.go  which module gets what, and who hears which event
//   - listen.go   TCP, TLS and the RADIUS socket
//   - admin.go    the admin credential and the operations of the server itself
package app
