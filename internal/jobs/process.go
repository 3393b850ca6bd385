package jobs

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"sync"
)

// processState is what is known of a process.
type processState uint8

const (
	// unknown: it is on another machine, or this one does not say.
	unknown processState = iota
	alive
	gone
)

// ids are the names that this process goes by now.
var ids sync.Map

// NewID names this process for the store, until Heartbeat.End. Where the system
// allows it, another process of the same machine can tell by the name whether
// this one is still there.
func NewID() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	id := self() + "." + hex.EncodeToString(b[:])
	ids.Store(id, true)
	return id
}

// processStateOf tells whether the process with that name is there.
func processStateOf(id string) processState {
	name := id[:max(0, strings.LastIndexByte(id, '.'))]
	if name == self() {
		if _, ok := ids.Load(id); !ok {
			return gone // this process, which could not take its leave of the store
		}
		return alive
	}
	return processStateOfSelf(name)
}
