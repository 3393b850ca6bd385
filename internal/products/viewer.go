package products

import (
	"fmt"
	"strings"
)

// viewerPage is a path below which viewers are installed beside other pages.
type viewerPage struct {
	// Path begins and ends with a slash.
	Path string `yaml:"path"`
	// Order is the place among the paths, as of a title.
	Order  int `yaml:"order"`
	Source `yaml:",inline"`
}

// viewerConfig is a document beside a viewer's page that names DICOMweb roots.
type viewerConfig struct {
	// Name is relative to the page.
	Name string `yaml:"name"`
	// Order is the place among the documents, as of a title.
	Order  int `yaml:"order"`
	Source `yaml:",inline"`
}

// ViewerPaths lists the paths besides the start page at which a viewer is looked
// for, at most limit.
func (t *Table) ViewerPaths(limit int) []string {
	var paths []string
	if t == nil {
		return nil
	}
	for _, v := range t.viewerPages[:min(len(t.viewerPages), limit)] {
		paths = append(paths, v.Path)
	}
	return paths
}

// ViewerConfigs lists the documents beside a viewer's page that name DICOMweb
// roots, at most limit.
func (t *Table) ViewerConfigs(limit int) []string {
	var names []string
	if t == nil {
		return nil
	}
	for _, v := range t.viewerConfigs[:min(len(t.viewerConfigs), limit)] {
		names = append(names, v.Name)
	}
	return names
}

func (v *viewerPage) validate(m *mistake, at string) {
	m.path(at+".path", v.Path)
	if !strings.HasSuffix(v.Path, "/") || v.Path == "/" {
		m.add(at+".path", "path %q does not end with / or is the start page", v.Path)
	}
	m.order(at, v.Order)
	m.source(at, v.Source)
}

func (v *viewerConfig) validate(m *mistake, at string) {
	m.path(at+".name", "/"+v.Name)
	if strings.Contains(v.Name, "..") {
		m.add(at+".name", "name %q is not below the page", v.Name)
	}
	m.order(at, v.Order)
	m.source(at, v.Source)
}

// validateViewers looks at both lists.
func (d *document) validateViewers(m *mistake) {
	for i := range d.ViewerPages {
		d.ViewerPages[i].validate(m, fmt.Sprintf("$.viewer_pages[%d]", i))
	}
	for i := range d.ViewerConfigs {
		d.ViewerConfigs[i].validate(m, fmt.Sprintf("$.viewer_configs[%d]", i))
	}
}
