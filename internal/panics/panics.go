// Package panics contains panics where a mistake over one question must not cost the others.
package panics

import (
	"fmt"
	"runtime/debug"
)

// Contained calls f and turns a panic into an error, which names its place.
func Contained(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return f()
}
