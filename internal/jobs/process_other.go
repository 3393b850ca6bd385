//go:build !linux

package jobs

import (
	"os"
	"strconv"
)

func self() string { return "elsewhere." + strconv.Itoa(os.Getpid()) }

func processStateOfSelf(string) processState { return unknown }
