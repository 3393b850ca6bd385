// Command leadglass surveys the medical image archives of an authorised scope:
// which answer, how they are exposed and how much, without looking at a single
// patient's data. This package parses the command line, wires the stages by
// hand, prints and exits; everything else is in the internal packages.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
