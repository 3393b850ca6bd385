package gate

import "golang.org/x/sys/unix"

// setQuickAck makes the kernel acknowledge at once what it receives next. Many
// archives write a header and its body separately, with Nagle's algorithm on,
// and so hold the body back until the header is acknowledged: a delayed
// acknowledgement (RFC 1122 4.2.3.2) would cost 40 ms a turn. The option wears
// off, which is why it is set before every read that may block (tcp(7)).
func setQuickAck(fd uintptr) {
	_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
}
