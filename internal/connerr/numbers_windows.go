package connerr

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// The numbers of Winsock, and those that package net makes up on Windows.
// https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2
var (
	refused     = []error{windows.WSAECONNREFUSED, syscall.ECONNREFUSED}
	reset       = []error{windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAESHUTDOWN, syscall.ECONNRESET, syscall.EPIPE}
	unreachable = []error{windows.WSAEHOSTUNREACH, windows.WSAENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETUNREACH}
	timedOut    = []error{windows.WSAETIMEDOUT, syscall.ETIMEDOUT}
)
