package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// orthancWith starts an Orthanc with plug-ins and this configuration. Where
// its DICOM port is closed, the check gets the HTTP port alone.
func orthancWith(o realserver.OrthancOptions) func(*testing.T) []string {
	return func(t *testing.T) []string {
		o := o
		if o.Studies == nil {
			o.Studies = archive()
		}
		s := realserver.Orthanc(t, o)
		if on, ok := o.Config["DicomServerEnabled"].(bool); ok && !on {
			return wholeHost(t, nil, []uint16{s.HTTPPort})
		}
		return wholeHost(t, []uint16{s.DICOMPort}, []uint16{s.HTTPPort})
	}
}

// withConfig is the configuration of an open Orthanc with a password on HTTP,
// and these settings.
func withConfig(more map[string]any) map[string]any {
	all := realserver.OpenOrthanc()
	maps.Copy(all, login())
	maps.Copy(all, more)
	return all
}

// orthancScript starts an open Orthanc that runs a script, which the key
// names: "LuaScripts" takes a list, "PythonScript" one name.
func orthancScript(key, name, script string, plugins ...realserver.OrthancPlugin) func(*testing.T) []string {
	return func(t *testing.T) []string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		value := any(path)
		if key == "LuaScripts" {
			value = []string{path}
		}
		return orthancWith(realserver.OrthancOptions{Plugins: plugins, Config: withConfig(map[string]any{key: value})})(t)
	}
}

// Filters of queries, as the manual of Orthanc proposes them: one drops the
// study date, one wants a patient name.
const (
	luaDropsDate = `function IncomingFindRequestFilter(source, origin)
  local v = source
  v['0008,0020'] = nil
  return v
end
`
	luaWantsName = `function IncomingFindRequestFilter(source, origin)
  local v = source
  if v['0010,0010'] == nil or v['0010,0010'] == '' then
    v['0010,0010'] = 'NOBODY^AT ALL'
  end
  return v
end
`
	// pythonPage adds a page to the REST interface.
	pythonPage = `import orthanc
def OnRest(output, uri, **request):
    output.AnswerBuffer('ready', 'text/plain')
orthanc.RegisterRestCallback('/ready', OnRest)
`
)

// orthancOnPostgres starts an Orthanc whose index and files are in PostgreSQL.
func orthancOnPostgres(t *testing.T) []string {
	db := realserver.Postgres(t)
	dsn := db.Database(t)
	return orthancWith(realserver.OrthancOptions{
		Plugins: []realserver.OrthancPlugin{realserver.PluginPostgreSQLIndex, realserver.PluginPostgreSQLStorage},
		Config: withConfig(map[string]any{"PostgreSQL": map[string]any{
			"EnableIndex": true, "EnableStorage": true, "ConnectionUri": dsn, "Lock": false, "EnableSsl": false,
		}}),
	})(t)
}

// orthancWorklists starts an Orthanc that answers worklist queries.
func orthancWorklists(t *testing.T) []string {
	dir := t.TempDir()
	for i, study := range realserver.Studies(1, 4, 1, realserver.StudyOptions{}) {
		if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".wl"), study.Worklist(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return orthancWith(realserver.OrthancOptions{Plugins: []realserver.OrthancPlugin{realserver.PluginWorklists},
		Config: withConfig(map[string]any{"DicomAlwaysAllowFindWorklist": true,
			"Worklists": map[string]any{"Enable": true, "Database": dir}})})(t)
}

// furtherServers are set-ups of real servers with plug-ins, scripts and
// databases.
func furtherServers() []expectation {
	few := realserver.Studies(1, 6, 2, realserver.StudyOptions{})
	closed := map[string]any{"DicomServerEnabled": false}
	plugin := func(p ...realserver.OrthancPlugin) []realserver.OrthancPlugin { return p }
	return []expectation{
		{product: "Orthanc", setup: "REST interface open, DICOM closed", real: true,
			start: orthancWith(realserver.OrthancOptions{Config: closed}), verdict: survey.OpenImages, grade: survey.GradeF, fail: "W04 W05 W06 W08 W10 W11 W12", pass: "W07 W09 N01"},
		{product: "Orthanc", setup: "web viewer, DICOM closed", real: true,
			start: orthancWith(realserver.OrthancOptions{Config: closed, Plugins: plugin(realserver.PluginWebViewer)}), verdict: survey.OpenImages, grade: survey.GradeF, fail: "W04 W05 W06 W08 W10 W11 W12", pass: "W07 W09 N01"},
		{product: "Orthanc", setup: "viewer of whole-slide images, DICOM closed", real: true,
			start: orthancWith(realserver.OrthancOptions{Config: closed, Plugins: plugin(realserver.PluginWSI)}), verdict: survey.OpenImages, grade: survey.GradeF, fail: "W04 W05 W06 W08 W10 W11 W12", pass: "W07 W09 N01"},
		{product: "Orthanc", setup: "web viewer behind a password, queries and C-GET for anybody", real: true,
			start: orthancWith(realserver.OrthancOptions{Config: withConfig(nil), Plugins: plugin(realserver.PluginWebViewer)}), verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 D12 D13 W10", pass: "D07 D09 D11 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "W08"},
		{product: "Orthanc", setup: "folders served beside the REST interface", real: true,
			start: orthancWith(realserver.OrthancOptions{Config: closed, Plugins: plugin(realserver.PluginServeFolders)}), verdict: survey.OpenImages, grade: survey.GradeF, fail: "W04 W05 W06 W08 W10 W11 W12", pass: "W07 W09 N01"},
		{product: "Orthanc", setup: "a worklist for anybody, password on HTTP", real: true, start: orthancWorklists, verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D09 D10 D12 D13 W10", pass: "D07 D11 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "W08"},
		{product: "Orthanc", setup: "a Lua filter that drops the study date", real: true,
			start: orthancScript("LuaScripts", "f.lua", luaDropsDate), verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 D12 D13 W10", pass: "D07 D09 D11 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "W08"},
		{product: "Orthanc", setup: "a Lua filter that wants a patient name", real: true,
			start: orthancScript("LuaScripts", "f.lua", luaWantsName), verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D12 D13 W10", pass: "D07 D09 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "D10 D11 W08"},
		{product: "Orthanc", setup: "a Python script, password on HTTP", real: true,
			start: orthancScript("PythonScript", "f.py", pythonPage, realserver.PluginPython), verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 D12 D13 W10", pass: "D07 D09 D11 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "W08"},
		{product: "Orthanc", setup: "index and files in PostgreSQL", real: true, start: orthancOnPostgres, verdict: survey.OpenImages, grade: survey.GradeF, fail: "D01 D03 D04 D05 D06 D08 D10 D12 D13 W10", pass: "D07 D09 D11 W01 W02 W03 W04 W05 W06 W07 W11 W12 N01 N02", unknown: "W08"},
		{product: "DCMTK dcmqrscp", setup: "Patient Root alone", real: true,
			start:   realDCMTK(realserver.Dcmqrscp, realserver.DCMTKOptions{Studies: few, Args: []string{"--no-study-root"}}, "--called-ae-title", "DCMQRSCP"),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "D03 D05 D06 D08 D10 D12", pass: "D01 D04 D09 D11 D13 N01 N02", unknown: "D02 D07"},
		{product: "DCMTK dcmqrscp", setup: "one listed station", real: true,
			start:   realDCMTK(realserver.Dcmqrscp, realserver.DCMTKOptions{Studies: few, Peers: "stations", HostTable: []string{"stations = (FRIEND, 127.0.0.2, 11112)"}}, "--called-ae-title", "DCMQRSCP"),
			verdict: survey.Protected, grade: survey.GradeC, fail: "D03", pass: "D01 D02 N01 N02", unknown: "D12"},
		{product: "DCMTK storescp", setup: "promiscuous", real: true,
			start: realDCMTK(realserver.Storescp, realserver.DCMTKOptions{Args: []string{"--promiscuous"}}), verdict: survey.Identified, grade: survey.GradeD, fail: "D01 D03 D08 D12", pass: "D04 D05 D06 D07 D09 D13 N01 N02"},
	}
}
