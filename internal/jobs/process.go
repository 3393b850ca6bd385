package jobs

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"sync"
)

// life is what is known of a process.
type life uint8

const (
	// unknown: it is on another machine, or this one does not say.
	unknown life = iota
	alive
	gone
)

// ids are the names that this process goes by now.
var ids sync.Map

// NewID names this process for the store, until Attendant.End. Where the system
// allows it, another process of the same machine can tell by the name whether
// this one is still there.
func NewID() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	id := self() + "." + hex.EncodeToString(b[:])
	ids.Store(id, true)
	return id
}

// lifeOf tells whether the process with that name is there.
func lifeOf(id string) life {
	name := id[:max(0, strings.LastIndexByte(id, '.'))]
	if name == self() {
		if _, ok := ids.Load(id); !ok {
			return gone // this process, which could not take its leave of the store
		}
		return alive
	}
	return lifeOfSelf(name)
}
