package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideNamespace tells the test binary that it runs in a network of its own.
const insideNamespace = "LEADGLASS_TEST_NETWORK_NAMESPACE"

// outsideAddr is an address of TEST-NET-1 (RFC 5737), made local to the
// namespace so that a packet to it would be sent and counted.
const outsideAddr = "192.0.2.1"

// TestRefusalsSendNothing proves with the kernel's own counters that a refused
// command sends not one packet. It runs itself again in an empty network
// namespace, where nobody else sends anything.
func TestRefusalsSendNothing(t *testing.T) {
	if os.Getenv(insideNamespace) != "" {
		refusals(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRefusalsSendNothing$", "-test.v")
	cmd.Env = append(os.Environ(), insideNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("a network namespace cannot be made here (needs root or unprivileged user namespaces): %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestRefusalsSendNothing") {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
}

// refusal is a command that must be refused.
type refusal struct {
	name string
	args []string // FILE stands for the scope file
	// change turns the good scope file into the one to be refused.
	from, to string
	// says are parts of the message: what is wrong, where, and the remedy.
	says []string
}

func refusalCases() []refusal {
	const valid = "valid_from: 2020-01-01, valid_until: "
	check := []string{"check", "127.0.0.1", "--scope", "FILE"}
	survey := []string{"survey", "--scope", "FILE"}
	return []refusal{
		{"target outside the scope", []string{"check", outsideAddr, "--scope", "FILE"}, "", "", []string{outsideAddr, "scope"}},
		{"target outside the scope with a port", []string{"check", outsideAddr + ":104", "--scope", "FILE"}, "", "", []string{outsideAddr, "scope"}},
		{"one of two targets outside", []string{"check", "127.0.0.1", outsideAddr, "--scope", "FILE"}, "", "", []string{outsideAddr, "scope"}},
		{"excluded target", check, "ports:", "exclude: [127.0.0.1]\nports:", []string{"127.0.0.1", "exclude"}},
		{"public address without authority", []string{"check", outsideAddr}, "", "", []string{outsideAddr, "--authorised-by", "--scope"}},
		{"expired scope", check, valid + "2", valid + "2021-01-01} #", []string{"FILE:3:", "2021-01-01"}},
		{"expired scope, survey", survey, valid + "2", valid + "2021-01-01} #", []string{"FILE:3:", "2021-01-01"}},
		{"scope not yet valid", check, "valid_from: 2020", "valid_from: 2090", []string{"FILE:3:"}},
		{"misspelt key", check, "include:", "inlcude:", []string{"FILE:4:", "inlcude", "include"}},
		{"misspelt key, survey", survey, "include:", "inlcude:", []string{"FILE:4:", "inlcude", "include"}},
		{"misspelt key deeper", check, "dicom:", "dicomm:", []string{"FILE:5:", "dicomm", "dicom"}},
		{"no authority", survey, "organisation: Test", "organisation: ''", []string{"FILE:3:", "organisation"}},
		{"no such scope file", []string{"check", "127.0.0.1", "--scope", "FILE.none"}, "", "", []string{"FILE.none"}},
	}
}

func refusals(t *testing.T) {
	if err := loopbackUp(); err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(int(listener(t, "0.0.0.0:0", silent)))
	good := scopeText("127.0.0.1", port, "8042")
	store := "--store=" + t.TempDir() + "/survey.db"
	before := packets(t)
	for _, c := range refusalCases() {
		text := strings.Replace(good, c.from, c.to, 1)
		if c.from != "" && text == good {
			t.Fatalf("%s: nothing changed in\n%s", c.name, good)
		}
		path := file(t, text)
		args := []string{store}
		for _, arg := range c.args {
			args = append(args, strings.Replace(arg, "FILE", path, 1))
		}
		o := leadglass(t, args...)
		if o.code != exitUsage || o.out != "" {
			t.Errorf("%s: exit code %d, want 2 and nothing on stdout\n%s%s", c.name, o.code, o.out, o.errors)
		}
		for _, part := range c.says {
			if part = strings.Replace(part, "FILE", path, 1); !strings.Contains(o.errors, part) {
				t.Errorf("%s: the message does not say %q: %s", c.name, part, o.errors)
			}
		}
		t.Logf("%s: %s", c.name, strings.ReplaceAll(o.errors, path, "FILE"))
	}
	if after := packets(t); after != before {
		t.Errorf("refusals sent packets: %v before, %v after", before, after)
	}
	// The counters do count: the same check, permitted, and a packet to the
	// address outside.
	leadglass(t, "check", "127.0.0.1:"+port, "--scope", file(t, good), "--time", "1s")
	permitted := packets(t)
	if permitted.attempts <= before.attempts || permitted.sent <= before.sent {
		t.Errorf("a permitted check: %v before, %v after", before, permitted)
	}
	conn, err := net.Dial("tcp4", outsideAddr+":"+port)
	if err != nil {
		t.Fatalf("the address outside cannot be reached at all: %v", err)
	}
	defer func() { _ = conn.Close() }()
	if after := packets(t); after.attempts <= permitted.attempts || after.sent <= permitted.sent {
		t.Errorf("a connection outside is not counted: %v before, %v after", permitted, after)
	}
}

// sentCounts are what this namespace sent: connection attempts and datagrams (RFC
// 4022 and 4113), and packets over its only interface.
type sentCounts struct{ attempts, datagrams, sent int }

func packets(t *testing.T) sentCounts {
	t.Helper()
	snmp, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	values := map[string]int{}
	for line := range strings.Lines(string(snmp)) {
		words := strings.Fields(line)
		if names[words[0]] == nil {
			names[words[0]] = words
			continue
		}
		for i, name := range names[words[0]] {
			values[words[0]+name], _ = strconv.Atoi(words[i]) // the first is no number
		}
	}
	dev, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	c := sentCounts{attempts: values["Tcp:ActiveOpens"], datagrams: values["Udp:OutDatagrams"]}
	for line := range strings.Lines(string(dev)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "lo:"); ok {
			if c.sent, err = strconv.Atoi(strings.Fields(rest)[9]); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c
}

// loopbackUp brings up the interface lo and gives it the address outside as
// well (netdevice(7)).
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("making a socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("naming the interface: %w", err)
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("bringing up lo: %w", err)
	}
	alias, err := unix.NewIfreq("lo:1")
	if err != nil {
		return fmt.Errorf("naming the alias: %w", err)
	}
	if err := alias.SetInet4Addr(net.ParseIP(outsideAddr).To4()); err != nil {
		return fmt.Errorf("setting the alias: %w", err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, alias); err != nil {
		return fmt.Errorf("adding %s to lo: %w", outsideAddr, err)
	}
	return nil
}
