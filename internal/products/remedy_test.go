package products_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

func TestRemedyFitsTheProduct(t *testing.T) {
	t.Parallel()
	named := func(name string, c survey.Confidence, toolkit string) *survey.Service {
		return &survey.Service{Product: survey.Product{Name: name, Confidence: c}, Toolkit: survey.Toolkit{Name: toolkit}}
	}
	for _, test := range []struct {
		name    string
		service *survey.Service
		has     []string
		hasNot  []string
	}{
		{"Orthanc", named("Orthanc", survey.Certain, "DCMTK"), []string{`"DicomAlwaysAllowFind": false`, "loses every service"}, []string{"AETable", products.Vendor}},
		{"dcmqrscp", named("DCMTK dcmqrscp", survey.Likely, "DCMTK"), []string{"AETable BEGIN", "workstation1"}, []string{"orthanc.json"}},
		{"DCMTK only", named("", survey.UnknownConf, "DCMTK"), []string{"If it is Orthanc", "DicomAlwaysAllowFind", "If it is DCMTK dcmqrscp", "AETable"}, nil},
		{"Orthanc possible", named("Orthanc", survey.Possible, "DCMTK"), []string{"If it is Orthanc", "AETable"}, nil},
		{"a name that holds another", named("Not Orthanc", survey.Certain, ""), []string{"firewall or VPN"}, []string{"orthanc.json"}},
		{"dcm4chee", named("dcm4chee-arc", survey.Likely, "dcm4che"), []string{"dcmAcceptedCallingAETitle", products.Vendor}, []string{"orthanc.json"}},
		{"dcm4che toolkit", named("", survey.UnknownConf, "dcm4che"), []string{"dcmAcceptedCallingAETitle"}, nil},
		{"Conquest", named("Conquest DICOM server", survey.Likely, ""), []string{"5678"}, nil},
		{"unknown", named("", survey.UnknownConf, ""), []string{"firewall or VPN", products.Vendor}, []string{"orthanc.json", "AETable"}},
		{"no service", nil, []string{"firewall or VPN"}, nil},
	} {
		got := builtin(t).Remedy("LG-D04", test.service)
		for _, h := range test.has {
			if !strings.Contains(got, h) {
				t.Errorf("%s: remedy lacks %q:\n%s", test.name, h, got)
			}
		}
		for _, h := range test.hasNot {
			if strings.Contains(got, h) {
				t.Errorf("%s: remedy has %q:\n%s", test.name, h, got)
			}
		}
	}
}

// TestPlan: each remedy once, in order, with the checks of the host that it turns
// green, and the sentence to the maker where the product is not known.
func TestPlan(t *testing.T) {
	t.Parallel()
	f := &survey.Finding{Services: []survey.Service{
		{Port: 4242, Protocol: survey.ProtocolDICOM, Product: survey.Product{Name: "Orthanc", Confidence: survey.Likely}, Toolkit: survey.Toolkit{Name: "DCMTK"}},
		{Port: 8042, Protocol: survey.ProtocolHTTP, Product: survey.Product{Name: "Orthanc", Confidence: survey.Certain}}}}
	for id, port := range map[string]uint16{"LG-D01": 4242, "LG-D03": 4242, "LG-D04": 4242, "LG-D06": 4242, "LG-W04": 8042, "LG-W06": 8042, "LG-W05": 8042} {
		f.Checks = append(f.Checks, survey.Check{ID: id, Port: port, State: survey.Fail})
	}
	steps := func(p *survey.Plan) (ids []string) {
		for _, s := range p.Steps {
			ids = append(ids, s.ID)
		}
		return ids
	}
	plan := builtin(t).Plan(f, "")
	if got := strings.Join(steps(plan), " "); got != "orthanc-title orthanc-callers orthanc-tls orthanc-login orthanc-https" || plan.Vendor != "" {
		t.Errorf("steps %s, vendor %q", got, plan.Vendor)
	}
	if got := plan.Steps[3].TurnsGreen; !slices.Equal(got, []string{"LG-W04", "LG-W06"}) {
		t.Errorf("the login turns green %v", got)
	}
	if got := strings.Join(steps(builtin(t).Plan(f, "dcm4chee-arc")), " "); !strings.Contains(got, "dcm4chee-callers") || strings.Contains(got, "orthanc") {
		t.Errorf("steps for a product that the user knows: %s", got)
	}
	for i := range f.Services {
		f.Services[i].Product = survey.Product{}
	}
	f.Services[0].Toolkit = survey.Toolkit{}
	if plan := builtin(t).Plan(f, ""); plan.Vendor != products.Vendor || plan.Steps[0].Product != products.AnyProduct {
		t.Errorf("plan for an unknown product: %v", steps(plan))
	}
	f.Checks = nil
	if plan := builtin(t).Plan(f, ""); plan != nil {
		t.Errorf("a plan although nothing failed: %v", plan)
	}
}
