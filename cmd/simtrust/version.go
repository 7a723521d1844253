package main

import (
	"fmt"
	"runtime/debug"
)

type versionCmd struct{}

func (versionCmd) Run() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this binary carries no build information; build it with go build")
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development build"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			version += ", revision " + s.Value
		}
	}
	fmt.Println("simtrust "+version+",", info.GoVersion)
	return nil
}
