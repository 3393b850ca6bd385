package realserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	// orthancLoaders is how many uploads run at once; more are not faster.
	orthancLoaders = 4
	// requestLimit is how long one request to Orthanc may take.
	requestLimit = 30 * time.Second
	// answerLimit is how much of an answer is read.
	answerLimit = 16 << 20
)

// pluginDir is where Debian's packages put plug-ins of Orthanc.
const pluginDir = "/usr/share/orthanc/plugins/"

// OrthancPlugin is the file name of a plug-in of Orthanc.
type OrthancPlugin string

// The plug-ins that Debian's packages orthanc, orthanc-dicomweb,
// orthanc-webviewer, orthanc-wsi, orthanc-python and orthanc-postgresql bring.
const (
	PluginDICOMweb          OrthancPlugin = "libOrthancDicomWeb.so"
	PluginWebViewer         OrthancPlugin = "libOrthancWebViewer.so"
	PluginWSI               OrthancPlugin = "libOrthancWSI.so"
	PluginPython            OrthancPlugin = "libOrthancPython.so"
	PluginWorklists         OrthancPlugin = "libModalityWorklists.so"
	PluginServeFolders      OrthancPlugin = "libServeFolders.so"
	PluginPostgreSQLIndex   OrthancPlugin = "libOrthancPostgreSQLIndex.so"
	PluginPostgreSQLStorage OrthancPlugin = "libOrthancPostgreSQLStorage.so"
)

// OrthancOptions say how an Orthanc is configured. The zero value is Orthanc
// as it comes, apart from ports, storage and title.
type OrthancOptions struct {
	// Host is the address to contact it at; 127.0.0.1 when empty.
	Host string
	// Config is laid over the configuration, with Orthanc's own names:
	// "DicomAlwaysAllowFind": true, "RemoteAccessAllowed": true, …
	Config map[string]any
	// InMemory keeps the storage in /dev/shm, which makes filling a large
	// archive about half as long.
	InMemory bool
	// DICOMweb loads the DICOMweb plug-in, served under /dicom-web/.
	DICOMweb bool
	// Plugins are further plug-ins of Debian's packages to load.
	Plugins []OrthancPlugin
	// Studies are stored before the server is handed over.
	Studies []Study
}

// OpenOrthanc is the configuration of an Orthanc that answers queries and
// retrievals of everybody.
func OpenOrthanc() map[string]any {
	return map[string]any{"DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true}
}

// Orthanc starts Debian's Orthanc.
func Orthanc(t testing.TB, o OrthancOptions) *Server {
	t.Helper()
	path := program(t, "Orthanc")
	s := &Server{Host: hostOr(t, o.Host), storage: t.TempDir()}
	if o.InMemory {
		s.storage = memoryDir(t)
	}
	config := orthancConfig(t, s, o)
	s.http = newHTTPAccess(t, config)
	s.AETitle, _ = config["DicomAet"].(string)
	file := filepath.Join(s.storage, "orthanc.json")
	ports := 2
	if on, ok := config["DicomServerEnabled"].(bool); ok && !on {
		ports = 1
	}
	s.start(t, ports, func(ports []uint16) *exec.Cmd {
		if len(ports) == 1 {
			ports = []uint16{0, ports[0]}
		}
		config["DicomPort"], config["HttpPort"] = ports[0], ports[1]
		text, err := json.Marshal(config)
		if err != nil {
			t.Fatalf("writing Orthanc's configuration: %v", err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatalf("writing Orthanc's configuration: %v", err)
		}
		return exec.Command(path, file)
	})
	if ports == 1 { // that of HTTP
		s.DICOMPort, s.HTTPPort = 0, s.DICOMPort
	}
	if len(o.Studies) > 0 {
		s.LoadOrthanc(t, o.Studies)
	}
	return s
}

// orthancConfig is the configuration without the ports.
func orthancConfig(t testing.TB, s *Server, o OrthancOptions) map[string]any {
	t.Helper()
	config := map[string]any{
		"Name":             "REALSERVER",
		"DicomAet":         "ORTHANC",
		"StorageDirectory": filepath.Join(s.storage, "db"),
		"SyncStorageArea":  false, // the files are thrown away anyway
		"Plugins":          []string{},
	}
	if s.Host != "127.0.0.1" {
		// Without it Orthanc takes HTTP requests from 127.0.0.1 alone.
		config["RemoteAccessAllowed"] = true
		config["AuthenticationEnabled"] = false
	}
	plugins := o.Plugins
	if o.DICOMweb {
		plugins = append([]OrthancPlugin{PluginDICOMweb}, plugins...)
	}
	files := make([]string, 0, len(plugins))
	for _, plugin := range plugins {
		file := pluginDir + string(plugin)
		if _, err := os.Stat(file); err != nil {
			t.Fatalf("a plug-in of Orthanc is not installed (%v); run `make setup`", err)
		}
		files = append(files, file)
	}
	config["Plugins"] = files
	maps.Copy(config, o.Config)
	return config
}

// memoryDir makes a directory in memory that goes with the test; where the
// system has no such file system, a temporary one.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "realserver-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing Orthanc's storage: %v", err)
		}
	})
	return dir
}

// httpAccess is how the tests themselves talk to an Orthanc.
type httpAccess struct {
	client         *http.Client
	scheme         string
	user, password string
}

// newHTTPAccess reads from the configuration how requests have to be made.
func newHTTPAccess(t testing.TB, config map[string]any) httpAccess {
	t.Helper()
	transport := &http.Transport{
		MaxIdleConnsPerHost: orthancLoaders,
		// The certificate is one that the test made.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec
	}
	t.Cleanup(transport.CloseIdleConnections)
	h := httpAccess{client: &http.Client{Transport: transport, Timeout: requestLimit}, scheme: "http"}
	if on, _ := config["SslEnabled"].(bool); on {
		h.scheme = "https"
	}
	switch users := config["RegisteredUsers"].(type) {
	case map[string]string:
		for h.user, h.password = range users {
			break
		}
	case map[string]any:
		for user, password := range users {
			h.user, h.password = user, fmt.Sprint(password)
			break
		}
	}
	return h
}

// HTTP makes one request to the server's HTTP port and returns the answer.
func (s *Server) HTTP(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	if s.HTTPPort == 0 {
		return nil, errors.New("the server has no HTTP port")
	}
	url := s.http.scheme + "://" + s.HTTPAddr() + path
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	if s.http.user != "" {
		req.SetBasicAuth(s.http.user, s.http.password)
	}
	resp, err := s.http.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking Orthanc: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return nil, fmt.Errorf("reading Orthanc's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: Orthanc answered %s: %s", method, path, resp.Status, tail(string(answer), 500))
	}
	return answer, nil
}

// Statistics are what Orthanc says about its own contents.
type Statistics struct {
	Patients, Studies, Series, Instances int
}

// Statistics asks Orthanc what it holds.
func (s *Server) Statistics(t testing.TB) Statistics {
	t.Helper()
	answer, err := s.HTTP(t.Context(), http.MethodGet, "/statistics", nil)
	if err != nil {
		t.Fatal(err)
	}
	var n struct{ CountPatients, CountStudies, CountSeries, CountInstances int }
	if err := json.Unmarshal(answer, &n); err != nil {
		t.Fatalf("reading Orthanc's statistics: %v", err)
	}
	return Statistics{Patients: n.CountPatients, Studies: n.CountStudies,
		Series: n.CountSeries, Instances: n.CountInstances}
}

// LoadOrthanc stores the studies through the REST interface, several at once.
func (s *Server) LoadOrthanc(t testing.TB, studies []Study) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	work := make(chan Study)
	var wg sync.WaitGroup
	for range orthancLoaders {
		wg.Go(func() {
			for study := range work {
				if err := s.upload(ctx, study); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, study := range studies {
		work <- study // the workers take everything, also after an error
	}
	close(work)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		t.Fatalf("storing studies in Orthanc: %v", err)
	}
}

// upload stores the files of one study.
func (s *Server) upload(ctx context.Context, study Study) error {
	for i := range study.Images {
		if _, err := s.HTTP(ctx, http.MethodPost, "/instances", study.File(i)); err != nil {
			return err
		}
	}
	return nil
}
