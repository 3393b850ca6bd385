package trial

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// Process is a fleet that runs in a process of its own, so that memory and
// time of the survey are told apart from the fleet's.
type Process struct {
	// Scope is the path of the scope file that surveys the fleet.
	Scope string

	cmd     *exec.Cmd
	stopped bool
}

// Start starts this program as `lab run`, with scope and overlay in dir, and waits
// until it listens. What it says goes to stderr.
func Start(ctx context.Context, fleet, dir string, stderr io.Writer) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "lab", "run", fleet, "--dir", dir, "--json")
	cmd.Stderr = stderr
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the fleet: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the fleet: %w", err)
	}
	p := &Process{cmd: cmd}
	var ready struct{ Scope string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("the fleet did not start: %w", err)
	}
	p.Scope = ready.Scope
	return p, nil
}

// Stop ends the process, waits for it, and returns the most memory it had
// resident, in bytes; 0 where the system does not say.
func (p *Process) Stop() int64 {
	if p.stopped {
		return 0
	}
	p.stopped = true
	_ = interrupt(p.cmd.Process) // it may have ended by itself
	_ = p.cmd.Wait()
	return peakOf(p.cmd.ProcessState)
}

// interrupt asks a process to end, or ends it where the system cannot ask (Windows).
func interrupt(p *os.Process) error {
	if runtime.GOOS == "windows" {
		return p.Kill()
	}
	return p.Signal(os.Interrupt)
}
