package farline_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/farline"
)

// The test runs itself twice more: in a network namespace of its own, and there
// as the other side, in another.
const role = "LEADGLASS_TEST_FARLINE"

func TestMain(m *testing.M) {
	if os.Getenv(role) == "there" {
		if err := answer(); err != nil {
			fmt.Fprintln(os.Stderr, "the other side:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// answer sends back what comes, on a loopback address, until stdin ends.
func answer() error {
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	l, err := net.Listen("tcp4", "127.30.0.1:104")
	if err != nil {
		return err
	}
	fmt.Println("ready")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// TestLine: a round trip over the line takes twice the delay and never less,
// also where much is on its way, and what is sent arrives whole.
func TestLine(t *testing.T) {
	if os.Getenv(role) == "here" {
		overLine(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLine$", "-test.v")
	cmd.Env = append(os.Environ(), role+"=here")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("a network namespace cannot be made here (needs root): %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestLine") && !strings.Contains(string(out), "--- SKIP: TestLine") {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func overLine(t *testing.T) {
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skipf("no TUN here: %v", err)
	}
	const delay = 25 * time.Millisecond
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), role+"=there")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the other side said %q, %v", line, err)
	}
	line := farline.Join(t, farline.Options{Delay: delay, PID: cmd.Process.Pid, Here: netip.MustParseAddr("10.79.0.1"),
		There: netip.MustParseAddr("10.79.0.2"), Reach: netip.MustParsePrefix("127.30.0.0/16")})

	var trips []time.Duration
	conn := dial(t, &trips)
	defer func() { _ = conn.Close() }()
	one := make([]byte, 1)
	for range 20 {
		start := time.Now()
		if _, err := conn.Write(one); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, one); err != nil {
			t.Fatal(err)
		}
		trips = append(trips, time.Since(start))
	}
	slices.Sort(trips)
	if trips[0] < 2*delay {
		t.Errorf("a round trip of %s over a line of twice %s", trips[0], delay)
	}
	const size = 8 << 20
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(i * 7 >> 3)
	}
	go func() { _, _ = conn.Write(sent) }()
	got := make([]byte, size)
	if _, err := io.ReadFull(conn, got); err != nil || !slices.Equal(sent, got) {
		t.Errorf("%d bytes did not come back whole: %v", size, err)
	}
	there, back := line.There(), line.Back()
	if there.Bytes < size || back.Bytes < size || there.Packets < size/1500 {
		t.Errorf("counted %+v there, %+v back", there, back)
	}
	t.Logf("round trips: shortest %s, median %s, longest %s; %+v there, %+v back", trips[0], trips[len(trips)/2], trips[len(trips)-1], there, back)
}

// dial connects over the line, and notes how long that took.
func dial(t *testing.T, trips *[]time.Duration) net.Conn {
	t.Helper()
	start := time.Now()
	conn, err := net.DialTimeout("tcp4", "127.30.0.1:104", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	*trips = append(*trips, time.Since(start))
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}
