package gate

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring is a packet socket with a buffer that the system fills (packet(7),
// TPACKET_V3).
type ring struct {
	fd    int
	mem   []byte
	block int // to be read next
}

const (
	ringBlock  = 256 << 10
	ringBlocks = 64
	ringFrame  = 2048
	// ringRetire is after how many milliseconds the system hands over a block
	// that is not full.
	ringRetire = 4
)

// openRing receives the IP packets of one protocol that pass the filter, on
// all interfaces, and not those that this machine sends.
func openRing(protocol uint16, filter []unix.SockFilter) (*ring, error) {
	// Nothing is received before the socket is bound, with the filter in place.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("making a packet socket: %w", err)
	}
	r := &ring{fd: fd}
	if err := r.setUp(protocol, filter); err != nil {
		r.close()
		return nil, fmt.Errorf("preparing a packet socket: %w", err)
	}
	return r, nil
}

func (r *ring) setUp(protocol uint16, filter []unix.SockFilter) error {
	if err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program(filter)); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return err
	}
	_ = unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1) // ours are no answers anyway
	request := unix.TpacketReq3{Block_size: ringBlock, Block_nr: ringBlocks, Frame_size: ringFrame,
		Frame_nr: ringBlock / ringFrame * ringBlocks, Retire_blk_tov: ringRetire}
	err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &request)
	if err != nil {
		return err
	}
	r.mem, err = unix.Mmap(r.fd, 0, ringBlock*ringBlocks, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	return unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: protocol<<8 | protocol>>8})
}

func (r *ring) close() {
	if r.mem != nil {
		_ = unix.Munmap(r.mem)
	}
	_ = unix.Close(r.fd)
}

// Where the fields of a block and of a packet stand (linux/if_packet.h: struct
// tpacket_block_desc, struct tpacket3_hdr).
const (
	blockStatus  = 8
	blockPackets = 12
	blockFirst   = 16
	packetNext   = 0
	packetLength = 12
	packetNet    = 26
)

// read appends the answers of all blocks that are full, and returns the blocks
// to the system.
func (r *ring) read(out []SYNAnswer, own uint16, key maphash.Seed) []SYNAnswer {
	for range ringBlocks {
		b := r.mem[r.block*ringBlock : (r.block+1)*ringBlock]
		status := (*uint32)(unsafe.Pointer(&b[blockStatus]))
		if atomic.LoadUint32(status)&unix.TP_STATUS_USER == 0 {
			return out
		}
		out = readBlock(b, out, own, key)
		atomic.StoreUint32(status, unix.TP_STATUS_KERNEL)
		r.block = (r.block + 1) % ringBlocks
	}
	return out
}

// readBlock appends the answers of one block.
func readBlock(b []byte, out []SYNAnswer, own uint16, key maphash.Seed) []SYNAnswer {
	at := int(binary.NativeEndian.Uint32(b[blockFirst:]))
	for range binary.NativeEndian.Uint32(b[blockPackets:]) {
		if at < 0 || at+packetNet+2 > len(b) {
			return out
		}
		from := at + int(binary.NativeEndian.Uint16(b[at+packetNet:]))
		to := from + int(binary.NativeEndian.Uint32(b[at+packetLength:]))
		if from > to || to > len(b) {
			return out
		}
		if a, ok := parseAnswer(b[from:to], own, key); ok {
			out = append(out, a)
		}
		at += int(binary.NativeEndian.Uint32(b[at+packetNext:]))
	}
	return out
}

// Instructions of the packet filter (linux/filter.h, linux/bpf_common.h).
const (
	bpfLoadByte    = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
	bpfLoadHalf    = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
	bpfLoadByteAt  = unix.BPF_LD | unix.BPF_B | unix.BPF_IND
	bpfLoadHalfAt  = unix.BPF_LD | unix.BPF_H | unix.BPF_IND
	bpfHeaderLen   = unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH
	bpfSetX        = unix.BPF_LDX | unix.BPF_W | unix.BPF_IMM
	bpfIfEqual     = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	bpfIfAny       = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	bpfReturn      = unix.BPF_RET | unix.BPF_K
	answerSnapshot = 120 // bytes of a packet that are kept
)

// filterIPv4 passes TCP packets to our ports that have SYN or RST set.
func filterIPv4(port uint16) []unix.SockFilter {
	return append([]unix.SockFilter{
		{Code: bpfLoadByte, K: 9},
		{Code: bpfIfEqual, K: unix.IPPROTO_TCP, Jf: 9},
		{Code: bpfLoadHalf, K: 6},
		{Code: bpfIfAny, K: 0x1fff, Jt: 7}, // a later fragment
		{Code: bpfHeaderLen, K: 0},
	}, filterTCP(port)...)
}

// filterIPv6 is filterIPv4 for IPv6 without extension headers.
func filterIPv6(port uint16) []unix.SockFilter {
	return append([]unix.SockFilter{
		{Code: bpfLoadByte, K: 6},
		{Code: bpfIfEqual, K: unix.IPPROTO_TCP, Jf: 7},
		{Code: bpfSetX, K: ipv6Header},
	}, filterTCP(port)...)
}

// filterTCP judges the TCP header at X. Its last instruction drops.
func filterTCP(port uint16) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: bpfLoadHalfAt, K: 2},
		{Code: bpfIfEqual, K: uint32(port), Jt: 1},
		{Code: bpfIfEqual, K: uint32(port) + 1, Jf: 3},
		{Code: bpfLoadByteAt, K: 13},
		{Code: bpfIfAny, K: flagSYN | flagRST, Jf: 1},
		{Code: bpfReturn, K: answerSnapshot},
		{Code: bpfReturn, K: 0},
	}
}

func program(filter []unix.SockFilter) *unix.SockFprog {
	return &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
}
