package survey_test

import (
	"reflect"
	"testing"

	"leadglass/internal/survey"
)

func TestJoinSweeps(t *testing.T) {
	if survey.JoinSweeps(nil) != nil {
		t.Error("no parts make a sweep")
	}
	one := survey.Sweep{Seed: "a", Shard: 2, Shards: 3, Pairs: 10, Position: 5, Canaries: 100, LossUnknown: "why"}
	if got := survey.JoinSweeps([]survey.Sweep{one}); !reflect.DeepEqual(*got, one) {
		t.Errorf("one part: %+v", got)
	}
	parts := []survey.Sweep{
		{Method: survey.SweepSYN, Seed: "a", Shard: 2, Shards: 6, Pairs: 100, Position: 100, Rate: 30, Canaries: 200, CanariesLost: 10, Hosts: 4,
			Loss: new(0.05), MissedShare: new(0.1), HostsMissed: new(0.4)},
		{Method: survey.SweepSYN, Seed: "a", Shard: 5, Shards: 6, Pairs: 100, Position: 50, Rate: 20, Canaries: 100, CanariesLost: 20, Hosts: 2,
			Loss: new(0.2), MissedShare: new(0.4), HostsMissed: new(1.1), LossUneven: true, LossHighest: new(0.3)},
	}
	want := survey.Sweep{Method: survey.SweepSYN, Seed: "a", Shard: 2, Shards: 3, Parts: 2, Pairs: 200, Position: 150, Rate: 50, Canaries: 300, CanariesLost: 30,
		Hosts: 6, Loss: new(0.1), MissedShare: new(0.2), HostsMissed: new(1.5), LossUneven: true, LossHighest: new(0.3)}
	if got := survey.JoinSweeps(parts); !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	parts[1].Loss, parts[1].LossUnknown, parts[1].MissedShare, parts[1].HostsMissed = nil, "too few", nil, nil
	if got := survey.JoinSweeps(parts); got.Loss != nil || got.LossUnknown != "too few" || got.HostsMissed != nil {
		t.Errorf("the loss of one part is unknown: %+v", got)
	}
}
