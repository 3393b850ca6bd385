package assess

// What findings refer to, as printed in reports.
const (
	refAccess            = "HIPAA 45 CFR 164.312(a)(1), access control"
	refPersonAuth        = "HIPAA 45 CFR 164.312(d), person or entity authentication"
	refTransmit          = "HIPAA 45 CFR 164.312(e)(1), transmission security"
	refIntegrity         = "HIPAA 45 CFR 164.312(c)(1), integrity"
	refGDPR              = "GDPR Art. 32(1)(b), ongoing confidentiality and integrity"
	refGDPREncrypt       = "GDPR Art. 32(1)(a), encryption"
	refNIS2Access        = "NIS2 (EU) 2022/2555 Art. 21(2)(i), access control"
	refNIS2Crypto        = "NIS2 (EU) 2022/2555 Art. 21(2)(h), cryptography"
	refNIS2Vulnerability = "NIS2 (EU) 2022/2555 Art. 21(2)(e), vulnerability handling"
	refNIST              = "NIST SP 1800-24, securing picture archiving and communication systems"
	refTLSProfile        = "DICOM PS3.15 B.12, BCP 195 RFC 8996, 9325 TLS Secure Transport Connection Profile"
	refRFC9325           = "RFC 9325 (BCP 195), recommendations for secure use of TLS"
	refAssociate         = "DICOM PS3.8 9.3.4, A-ASSOCIATE-RJ"
	refFind              = "DICOM PS3.4 C.4.1, C-FIND"
	refMove              = "DICOM PS3.4 C.4.2, C-MOVE"
	refGet               = "DICOM PS3.4 C.4.3, C-GET"
	refStore             = "DICOM PS3.4 annex B, storage service class"
	refWorklist          = "DICOM PS3.4 annex K, basic worklist management"
)
