package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
)

const (
	// staysCommand is the name under which the test binary is the program, runs
	// it once for each part of its arguments, with staysThen between the parts,
	// and then stays until its standard input ends. staysMark is what it prints
	// when everything has returned.
	staysCommand = "leadglass-stays"
	staysThen    = "--then"
	staysMark    = "leadglass has returned\n"
)

// stays runs the program and waits with everything that it left in memory.
func stays() {
	for args := os.Args[1:]; len(args) > 0; {
		one := args
		if i := slices.Index(args, staysThen); i >= 0 {
			one, args = args[:i], args[i+1:]
		} else {
			args = nil
		}
		if code := run(context.Background(), one, os.Stdout, os.Stderr); code != exitDone {
			fmt.Fprintf(os.Stderr, "%v ended with %d\n", one, code)
			os.Exit(code)
		}
	}
	_, _ = io.WriteString(os.Stdout, staysMark)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
