package main

import (
	"fmt"

	"leadglass/internal/campaign"
	"leadglass/internal/survey"
)

// sweepFlags say how the prefixes of a scope are gone through.
type sweepFlags struct {
	SYN    bool   `name:"syn" help:"Sweep by single SYN packets, which needs CAP_NET_RAW, instead of by connecting."`
	Passes int    `help:"Maximum passes over unresponsive targets; default: as many as the measured loss requires." placeholder:"N"`
	Parts  int    `help:"Into how many jobs the sweep is divided, for as many workers; default: 1, in PostgreSQL by the size of the scope." placeholder:"N"`
	Shard  string `help:"Survey part I of N of the scope; N machines, each with its part, survey it whole." placeholder:"I/N" default:"1/1"`
}

// shardOf reads --shard.
func (f sweepFlags) shardOf() (shard, shards int, err error) {
	if f.Shard == "" {
		return 1, 1, nil
	}
	if n, err := fmt.Sscanf(f.Shard, "%d/%d", &shard, &shards); n != 2 || err != nil || shard < 1 || shards < shard ||
		f.Shard != fmt.Sprintf("%d/%d", shard, shards) {
		return 0, 0, fmt.Errorf("--shard %q is not a part; write I/N with I from 1 to N, for example 2/3", f.Shard)
	}
	return shard, shards, nil
}

// options are what the flags say; an error is one of usage.
func (f sweepFlags) options() (campaign.Sweep, error) {
	shard, shards, err := f.shardOf()
	if err != nil {
		return campaign.Sweep{}, usage(err)
	}
	return campaign.Sweep{SYN: f.SYN, Passes: f.Passes, Parts: f.Parts, Shard: shard, Shards: shards}, nil
}

// sweepLine says what the sweep of prefixes lost.
func sweepLine(s *survey.Sweep) string {
	if s.Loss == nil {
		return "  packets lost    unknown: " + s.LossUnknown
	}
	line := fmt.Sprintf("  packets lost    %.1f %% of %s canaries", *s.Loss*100, grouped(s.Canaries))
	if s.LossHighest != nil {
		line += fmt.Sprintf(", unevenly: up to %.1f %% in a group of networks", *s.LossHighest*100)
	}
	if s.HostsMissed != nil {
		line += fmt.Sprintf("; of the networks' hosts about %.1f were missed, beside %s found", *s.HostsMissed, grouped(s.Hosts))
	}
	return line
}
