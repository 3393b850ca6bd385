package assess

// Configuration lines that are the remedy of several checks. Addresses and
// titles in them are examples.
const (
	orthancCallers = `in orthanc.json, list who may call and check the address as well as the title:
    "DicomCheckModalityHost": true,
    "DicomModalities": {
      "workstation1": ["WORKSTATION1", "192.0.2.10", 104]
    }
and restart. Stations that are not listed lose the service; collect their titles and addresses from Orthanc's log first.`

	// orthancRefuses has strangers refused at the association: Orthanc looks at
	// the caller there only where nothing is always allowed
	// (OrthancApplicationEntityFilter::IsAllowedConnection in its main.cpp).
	orthancRefuses = `in orthanc.json:
    "DicomAlwaysAllowEcho": false,
    "DicomAlwaysAllowFind": false,
    "DicomAlwaysAllowFindWorklist": false,
    "DicomAlwaysAllowGet": false,
    "DicomAlwaysAllowMove": false,
    "DicomAlwaysAllowStore": false,
    "DicomCheckModalityHost": true,
    "DicomModalities": {
      "workstation1": ["WORKSTATION1", "192.0.2.10", 104]
    }
and restart. Only with all six false does Orthanc refuse the association of a station that is not listed. With one of them true it accepts the association and all contexts on it: what is not allowed is refused then, but this check goes on failing, also when the called title is right. Every station that stores or queries has to be listed with title and address before you change it; check again from one that is not listed.`

	dcmqrscpCallers = `in dcmqrscp.cfg, name the stations and put their names where the AETable says ANY:
    HostTable BEGIN
    workstation1 = (WORKSTATION1, workstation1.example.org, 104)
    HostTable END
    AETable BEGIN
    ARCHIVE /var/lib/dcmtk/db/ARCHIVE R (500, 1024mb) workstation1
    AETable END
and restart. Stations that are not named lose the service; use RW only for those that store.`

	dcm4cheeCallers = `list the calling AE titles; an archive without a list accepts any:
    dn: dicomAETitle=DCM4CHEE,dicomDeviceName=dcm4chee-arc,cn=Devices,cn=DICOM Configuration,dc=dcm4che,dc=org
    changetype: modify
    add: dcmAcceptedCallingAETitle
    dcmAcceptedCallingAETitle: WORKSTATION1
import it with ldapmodify and reload the configuration in the archive's web page, Control tab. A title is a name, not a proof: add TLS with dcmTLSNeedClientAuth TRUE on the connection. Stations that are not listed lose the service.`

	conquestCallers = `admit only your stations' network to its port (5678 unless TCPPort in dicom.ini says otherwise), for example with nftables:
    nft add rule inet filter input tcp dport 5678 ip saddr != 192.0.2.0/24 drop
Stations outside that network lose the service.`

	anyCallers = `admit only the addresses of your own stations to the port (firewall or VPN), list their calling AE titles in the archive, and use TLS with client certificates. An AE title alone is a name, not a password.`

	orthancTLS = `in orthanc.json (1.9.0 or later):
    "DicomTlsEnabled": true,
    "DicomTlsCertificate": "/etc/orthanc/orthanc.crt",
    "DicomTlsPrivateKey": "/etc/orthanc/orthanc.key",
    "DicomTlsTrustedCertificates": "/etc/orthanc/trusted.crt",
    "DicomTlsRemoteCertificateRequired": true
and restart. The DICOM port then speaks TLS only: stations without TLS, or without a certificate listed in trusted.crt, can no longer connect.`

	dcmqrscpTLS = `dcmqrscp 3.6.7 has no TLS options of its own. Let it listen where only the same machine can reach it, and put a TLS proxy before it that demands client certificates, for example in stunnel.conf:
    [dicom-tls]
    accept = 2762
    connect = 127.0.0.1:11112
    cert = /etc/stunnel/archive.pem
    CAfile = /etc/stunnel/stations.pem
    verifyChain = yes
    sslVersionMin = TLSv1.2
Stations have to be set to TLS and port 2762; the proxy hides their addresses from dcmqrscp, so a Peers list by host name no longer tells them apart.`

	toolTLS = `start it with TLS and with the certificates of those who may connect, for example:
    storescp +tls /etc/dcmtk/archive.key /etc/dcmtk/archive.crt +cf /etc/dcmtk/stations.crt --profile-bcp195-nd 2762
wlmscpfs 3.6.7 has no TLS options of its own: put a TLS proxy before it. Stations have to be set to TLS and the new port.`

	dcm4cheeTLS = `in the device's configuration, on the network connection for TLS (port 2762 in the default configuration):
    dcmTLSNeedClientAuth: TRUE
and take the plain connection (port 11112) off the AE by removing its entry in the AE's
    dicomNetworkConnectionReference
then reload the configuration. Stations have to be set to TLS and port 2762, with certificates that the archive's trust store knows.`

	conquestTLS = `put a TLS proxy that demands client certificates before its port, and admit nothing else to that port. Stations have to be set to TLS and the proxy's port.`

	anyTLS = `let the archive, or a TLS proxy before it, accept only TLS 1.2 or later with client certificates (DICOM PS3.15 B.12; port 2762), and close the plaintext port. Stations without TLS can no longer connect; move them one by one while the firewall admits nobody else.`
)

// callers are the remedies of everything that strangers are let do.
func callers() map[Product]string {
	return map[Product]string{Orthanc: orthancCallers, Dcmqrscp: dcmqrscpCallers,
		Dcm4chee: dcm4cheeCallers, Conquest: conquestCallers, Any: anyCallers}
}

// encrypt are the remedies of what crosses the network in the clear.
func encrypt() map[Product]string {
	return map[Product]string{Orthanc: orthancTLS, Dcmqrscp: dcmqrscpTLS, DCMTKTool: toolTLS,
		Dcm4chee: dcm4cheeTLS, Conquest: conquestTLS, Any: anyTLS}
}

// and returns remedies with other text for some products.
func and(base, other map[Product]string) map[Product]string {
	for p, text := range other {
		base[p] = text
	}
	return base
}
